"""The protocol of a competition: what is missing or does not fit is told, all at once."""

import dataclasses
import importlib.resources
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import pytest

import contest
from contest.data.competition import own_checks
from contest.spec import load

NAME = "competitions_invented"
Make = Callable[..., contest.Spec]


def prepare(
    root: Any, spec: Any, *, cache: Any, accepted: Any, report: Any, test_only: Any
) -> None:
    """Follow the protocol."""


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Make:
    """Return a function that makes a competition of the functions that are given."""

    def make(**functions: Any) -> contest.Spec:
        module = ModuleType(NAME)
        vars(module).update({"locate": contest.locate, "prepare": prepare} | functions)
        for name in [name for name, function in functions.items() if function is None]:
            delattr(module, name)
        monkeypatch.setitem(sys.modules, NAME, module)
        siim = contest.load("siim_acr_pneumothorax")
        return dataclasses.replace(siim, name="invented", prepare=f"{NAME}:prepare")

    return make


def test_two_functions_are_enough(made: Make) -> None:
    assert contest.competition_of(made()).prepare is prepare


def test_all_that_is_missing_or_does_not_fit_is_told_at_once(made: Make) -> None:
    spec = made(locate=None, prepare=lambda root, spec: None, synthesize=lambda out: 0, show=3)
    with pytest.raises(contest.SpecError) as caught:
        contest.competition_of(spec)
    assert caught.value.faults == [
        "it has no function locate",
        "prepare: got an unexpected keyword argument 'cache', it must take "
        "(root, spec, *, cache, accepted, report, test_only)",
        "synthesize: got an unexpected keyword argument 'images', it must take "
        "(out, *, images, test, seed, report)",
        "show: it is not a function, it must take (file)",
    ]
    assert NAME in str(caught.value)
    assert str(caught.value).endswith("see contest.Competition and correct the module")


def test_what_is_optional_and_not_there_is_one_line(made: Make) -> None:
    spec = made(show=lambda file: None)
    assert contest.optional(spec, "show") is sys.modules[NAME].show
    with pytest.raises(contest.NotOffered) as caught:
        contest.optional(spec, "synthesize")
    assert str(caught.value) == (
        "invented has no function synthesize: write synthesize(out, *, images, test, seed, "
        f"report) in {NAME}, see contest.Competition"
    )


def test_its_own_checks_are_made_where_it_has_some(made: Make) -> None:
    images = pd.DataFrame(index=["a"])
    assert own_checks(made(), images, None) == []
    fault = contest.Fault("an age of 413 years", "a", level="warning", kind="header")
    assert own_checks(made(audit=lambda images, groups: iter([fault])), images, None) == [fault]
    with pytest.raises(contest.SpecError, match=r"it must take \(images, groups\)"):
        own_checks(made(audit=lambda images: []), images, None)


def test_a_folder_is_described_without_code_of_its_own(made: Make, tmp_path: Path) -> None:
    data = {"train_images": ("train",), "test_images": ("test",), "annotations": ("train.csv",)}
    spec = dataclasses.replace(made(), data=data)
    assert contest.describe(tmp_path, spec) == {
        "layout": "no layout of this competition",
        "train_images": 0,
        "test_images": 0,
        "lacks": ["train images", "test images", "annotations"],
    }
    for part, count in (("train", 3), ("test", 2)):
        for number in range(count):
            file = tmp_path / "inside" / part / f"{number}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch()
    assert contest.describe(tmp_path, spec) == {
        "layout": "inside/ as root, train images, test images",
        "train_images": 3,
        "test_images": 2,
        "lacks": ["annotations"],
    }


def test_its_own_description_comes_first(made: Make, tmp_path: Path) -> None:
    spec = made(describe=lambda root, spec: {"layout": root.name})
    assert contest.describe(tmp_path, spec) == {"layout": tmp_path.name}


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ("[]", "plugins.demo: [], it must be texts"),
        ('["a", 3]', "plugins.demo: ['a', 3], it must be texts"),
        ('"a"', "plugins.demo: 'a' is not a list of texts"),
    ],
)
def test_the_demo_is_a_list_of_experiments(written: str, fault: str) -> None:
    toml = importlib.resources.files("competitions.siim_acr_pneumothorax") / "competition.toml"
    text = toml.read_text()
    assert load.parse(text.encode(), "siim").demo == ("lightgbm", "unet_tiny")
    lines = [line for line in text.splitlines() if not line.startswith("demo = ")]
    assert load.parse("\n".join(lines).encode(), "siim").demo == ()
    lines.insert(lines.index("[plugins]") + 1, f"demo = {written}")
    with pytest.raises(contest.SpecError) as caught:
        load.parse("\n".join(lines).encode(), "siim")
    assert fault in caught.value.faults
