"""Every number that a command takes has a least and a greatest value; others are refused at once.

The cases are made from the declarations, so that a new option has them without a new test.
"""

import math
from collections.abc import Callable
from typing import Any

import pytest

from tests.commands import commands, parameters

NUMBERS = {
    f"{words} {one.opts[0]}": (words, one, kind)
    for kind in (int, float)
    for words, one in parameters(kind)
}
WRONG = {
    "nan": "nan", "NaN": "NaN", "inf": "inf", "minus inf": "-inf", "infinity": "infinity",
    "1e999": "1e999", "-1e999": "-1e999", "huge": "9" * 25, "5000 digits": "9" * 5000,
    "minus huge": "-" + "9" * 25, "empty": "", "blank": " ", "text": "many", "unicode": "½",
    "hidden": "1\u200b", "hexadecimal": "0x10", "comma": "0,5", "units": "5s", "null": "null",
    "true": "true", "surrogate": "\ud800", "lines": "1\n2", "escape": "\x1b[2J1",
}  # fmt: skip
FRACTIONS = {"fraction": "2.5", "small": "1e-300"}


def test_the_options_of_numbers_are_those_that_are_known() -> None:
    assert {name.split()[-1] for name in NUMBERS} == {
        "--images", "--test", "--seed", "--port", "--daily-limit", "--delay", "--public-share",
        "--folds", "--fold-seed", "--trials", "--timeout", "--days", "--seeds",
        "--share", "--subset-seed",
    }  # fmt: skip
    assert len(NUMBERS) >= 17


@pytest.mark.parametrize("name", NUMBERS)
def test_every_number_has_a_least_and_a_greatest_value(name: str) -> None:
    _, one, kind = NUMBERS[name]
    assert one.min is not None, "declare it by tools.cli.command.number"
    assert one.max is not None
    assert all(math.isfinite(end) for end in (one.min, one.max))
    assert one.min < one.max
    assert one.max <= 10**9
    if one.default is not None:
        assert one.min <= one.default <= one.max
        assert isinstance(one.default, kind)


def outside(one: Any, kind: type) -> dict[str, str]:
    """Return values next to the least and greatest ones."""
    step = 1 if kind is int else 1e-6
    return {"below": repr(kind(one.min - step)), "above": repr(kind(one.max + step))}


@pytest.mark.parametrize("name", NUMBERS)
def test_a_wrong_number_is_refused_in_one_line(name: str, refused: Callable[..., str]) -> None:
    words, one, kind = NUMBERS[name]
    needed = [
        word
        for other in dict(commands())[words].params
        if other.required and other is not one
        for word in ([other.opts[0], "x"] if other.opts[0].startswith("-") else ["x"])
    ]
    values = {**WRONG, **outside(one, kind), **(FRACTIONS if kind is int else {})}
    for told, value in values.items():
        line = refused(*words.split(), *needed, one.opts[0], value, code=2)
        assert f"Invalid value for '{one.opts[0]}'" in line, (told, line)
        assert line.rstrip("\n").isprintable(), (told, line)
        assert len(line) < 250, (told, line)
