"""OpenCV's number of threads, which is one setting for the whole process."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import cv2


class _Setting:
    """Set to 1 by the first of several threads that want it, restored by the last."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._holders, self._before = 0, 0

    def hold(self) -> None:
        with self._lock:
            if self._holders == 0:
                self._before = cv2.getNumThreads()
                cv2.setNumThreads(1)
            self._holders += 1

    def release(self) -> None:
        with self._lock:
            self._holders -= 1
            if self._holders == 0:
                cv2.setNumThreads(self._before)


_setting = _Setting()


@contextmanager
def one_thread() -> Iterator[None]:
    """Let OpenCV work in the calling thread alone; blocks of several threads may overlap."""
    _setting.hold()
    try:
        yield
    finally:
        _setting.release()
