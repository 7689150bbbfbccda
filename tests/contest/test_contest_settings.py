"""Every setting of every experiment with odd values: taken, or refused in one clear line."""

import itertools
import math
from collections.abc import Iterator
from typing import Any

import pytest

import configuration
import contest
from contest.experiments.experiment import Experiment

ODD = (
    "", " ", "-1", "0", "1", "2147483648", "4294967296", "99999999999999999999999999", "-0.0000",
    "1e400", "nan", "-inf", "null", "None", "true", "½", "x" * 3000, "a,b", ",", "[]", "[1, null]",
    "{", '{"a": 1}', "[[[[]]]]", "two\nlines", "nul\0byte", "\x1b[31m", "[" * 4000,
)  # fmt: skip
OF_KINDS = {
    (spec.experiments, contest.load_experiment(spec.experiments, name).kind): name
    for spec in map(contest.load, contest.names())
    for name in contest.experiment_names(spec.experiments)
}
"""One experiment of each kind of a competition; those of a kind have the same fields."""
EXPERIMENTS = [(module, name) for (module, _), name in OF_KINDS.items()]


def fields(experiment: Experiment) -> list[str]:
    return [*configuration.field_types(experiment.config), *experiment.choices]


def numbers(value: Any) -> Iterator[float]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        yield from itertools.chain.from_iterable(map(numbers, value))
    elif isinstance(value, (int, float)):
        yield value


@pytest.mark.parametrize(("module", "name"), EXPERIMENTS)
def test_odd_values_are_taken_or_refused_in_one_line(module: str, name: str) -> None:
    refused = tried = 0
    for field in fields(contest.load_experiment(module, name)):
        for value in ODD:
            tried += 1
            try:
                made = contest.load_experiment(module, name, [f"{field}={value}"])
            except contest.ContestError as error:
                refused += 1
                line = str(error)
                assert line.isprintable(), f"{field}={value!r}: {line!r}"
                assert len(line) < 800, f"{field}: {len(line)} characters"
                assert field.rpartition(".")[2] in line
                continue
            for number in numbers(made.as_dict()):
                assert math.isfinite(number), f"{field}={value}"
                assert abs(number) <= 1e9, f"{field}={value}: no library takes such a number"
    assert tried >= 400
    assert refused > tried / 2


@pytest.mark.parametrize(("module", "name"), EXPERIMENTS)
def test_several_faults_are_named_together(module: str, name: str) -> None:
    with pytest.raises(contest.ContestError) as caught:
        contest.load_experiment(module, name, ["seed=-1", "nothing=1", "image_size=99999999"])
    assert all(part in str(caught.value) for part in ("seed", "nothing", "image_size"))
