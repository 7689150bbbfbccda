"""Machine code for kernels by numba, kept on the disk where a folder for it can be written."""

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

P = ParamSpec("P")
R = TypeVar("R")


def compiled(kernel: Callable[P, R]) -> Callable[P, R]:
    """Return `kernel`, compiled by numba at its first call; until then numba is not imported.

    The machine code is kept beside the source or, where that folder is read-only, in numba's
    cache folder of the user. Where neither can be written it is compiled anew in each process. A
    kernel runs without the interpreter's lock. It must not call another one: to numba they do not
    exist.
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
    except RuntimeError:  # numba found no folder that it can write
        fast = numba.njit(nogil=True)(kernel)
    return cast(Callable[P, R], fast)
