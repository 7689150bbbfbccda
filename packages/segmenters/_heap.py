"""Memory that is freed in one step of a training is kept for the next."""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager

TRIM_THRESHOLD, TOP_PAD, MMAP_MAX = -1, -2, -4
"""Names of mallopt's parameters, from glibc's malloc.h."""

DEFAULTS = {TRIM_THRESHOLD: 128 * 1024, TOP_PAD: 128 * 1024, MMAP_MAX: 65536}
KEEPING = {TRIM_THRESHOLD: 2**31 - 1, TOP_PAD: 64 * 2**20, MMAP_MAX: 0}


@contextmanager
def kept_memory() -> Iterator[None]:
    """Let the C library keep what is freed; give it back to the system at the end.

    glibc maps every block above 32 MiB anew and unmaps it when it is freed, as feature maps of a
    batch are; the system then clears each page again, which costs about 15 % of a training step
    (NOTES.md). Other C libraries are left alone.
    """
    library = ctypes.CDLL(None)
    if not hasattr(library, "mallopt") or not hasattr(library, "gnu_get_libc_version"):
        yield
        return
    try:
        for name, value in KEEPING.items():
            library.mallopt(name, value)
        yield
    finally:
        for name, value in DEFAULTS.items():
            library.mallopt(name, value)
        library.malloc_trim(0)
