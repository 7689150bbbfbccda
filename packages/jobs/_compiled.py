"""Compilation of kernels by numba, cached on disk if possible."""

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

P = ParamSpec("P")
R = TypeVar("R")


def compiled(kernel: Callable[P, R]) -> Callable[P, R]:
    """Return `kernel`, compiled by numba at its first call; numba is not imported before that.

    The machine code is cached next to the source or, if that folder is read-only, in numba's cache
    folder of the user. If neither can be written, each process compiles the kernel. A kernel runs
    without the global interpreter lock. It must not call another kernel, which numba cannot
    compile.
    """
    fast: Callable[..., R] | None = None

    @functools.wraps(kernel)
    def call(*args: Any) -> R:
        nonlocal fast
        if fast is None:
            fast = _jit(kernel)
        return fast(*args)

    return cast(Callable[P, R], call)


def _jit(kernel: Callable[P, R]) -> Callable[P, R]:
    import numba

    try:
        fast = numba.njit(cache=True, nogil=True)(kernel)
    except RuntimeError:  # numba found no writable folder
        fast = numba.njit(nogil=True)(kernel)
    return cast(Callable[P, R], fast)
