import numba
import pytest

import jobs


def test_without_a_folder_to_cache_in_it_compiles_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def njit(*, nogil: bool, cache: bool = False):
        asked.append(cache)
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return lambda kernel: kernel

    monkeypatch.setattr(numba, "njit", njit)
    twice = jobs.compiled(lambda x: 2 * x)
    assert (twice(2), twice(3)) == (4, 6)
    assert asked == [True, False]


def test_a_kernel_is_compiled_once_and_keeps_its_name() -> None:
    @jobs.compiled
    def double(x: int) -> int:
        """Return twice x."""
        return 2 * x

    assert [double(n) for n in (1, 2)] == [2, 4]
    assert double.__name__ == "double"
