import threading
from collections.abc import Iterator

import cv2
import pytest

from imagefeatures._extract import one_thread


@pytest.fixture
def three() -> Iterator[None]:
    before = cv2.getNumThreads()
    cv2.setNumThreads(3)
    yield
    cv2.setNumThreads(before)


def test_overlapping_blocks_of_threads_restore_what_was_there(three: None) -> None:
    """The first to enter leaves first: neither may take the other's 1 for the old setting."""
    entered, left = threading.Event(), threading.Event()
    seen: list[int] = []

    def second() -> None:
        with one_thread:
            entered.set()
            assert left.wait(60)
            seen.append(cv2.getNumThreads())

    other = threading.Thread(target=second)
    with one_thread:
        other.start()
        assert entered.wait(60)
        seen.append(cv2.getNumThreads())
    left.set()
    other.join()
    assert seen == [1, 1]
    assert cv2.getNumThreads() == 3


def test_an_error_inside_restores_it_too(three: None) -> None:
    with pytest.raises(ZeroDivisionError), one_thread:
        _ = 1 // 0
    assert cv2.getNumThreads() == 3
