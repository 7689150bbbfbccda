"""Compiles a kernel on its first call, so that `import rlemask` does not import numba."""

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

P = ParamSpec("P")
R = TypeVar("R")


def compiled(kernel: Callable[P, R]) -> Callable[P, R]:
    """Return `kernel` compiled by numba at its first call; it runs without the GIL.

    The machine code is kept beside the source or, where that folder is read-only, in numba's
    cache folder of the user. A kernel must not call another one: to numba they do not exist.
    """
    fast: Callable[..., R] | None = None

    @functools.wraps(kernel)
    def call(*args: Any) -> R:
        nonlocal fast
        if fast is None:
            fast = _jit(kernel)
        return fast(*args)

    return cast(Callable[P, R], call)


def _jit(kernel: Callable[P, R]) -> Any:
    import numba

    try:
        return numba.njit(cache=True, nogil=True)(kernel)
    except RuntimeError:  # no folder can be written: compile anew in each process
        return numba.njit(nogil=True)(kernel)
