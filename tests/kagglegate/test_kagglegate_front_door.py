"""The public surface, and what importing it does not do."""

import subprocess
import sys

import pytest

import kagglegate
from jobs import UserError
from kagglegate import standin


@pytest.mark.parametrize("package", [kagglegate, standin])
def test_all_is_sorted_and_true(package) -> None:
    assert package.__all__ == sorted(package.__all__)
    assert all(hasattr(package, name) for name in package.__all__)


def test_import_is_light() -> None:
    code = (
        "import sys, kagglegate, kagglegate.standin; "
        "print([m for m in ('kaggle', 'kagglesdk', 'torch', 'pandas') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_errors_are_for_the_user() -> None:
    errors = [one for one in vars(kagglegate).values() if isinstance(one, type)]
    errors = [one for one in errors if issubclass(one, Exception)]
    assert len(errors) == 20
    assert all(issubclass(one, kagglegate.KaggleError) for one in errors)
    assert issubclass(kagglegate.KaggleError, UserError)
    from kagglegate import _errors

    assert {one.__name__ for one in errors} <= set(str(_errors.__doc__).split())
