"""What is known of experiments before they are run, for those of all competitions too."""

import dataclasses
import importlib
import sys
from types import ModuleType

import pytest

import contest
from classifiers import LightGBMConfig
from contest import Trees

EVERY = [
    (name, entry)
    for name in contest.names()
    for entry in contest.catalogue(contest.load(name).experiments)
]


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> str:
    made = ModuleType("catalogued")

    @contest.about(auc=0.9, minutes=3, machine="an abacus")
    def measured() -> Trees:
        """Trees that
        were measured.

        AUC 0.9. Command: ``tools cv measured --folds
        3``
        """
        config = LightGBMConfig(num_leaves=5)
        return Trees(config, 32, families=("grid",), table=lambda *_: None)

    def plain() -> Trees:
        return measured()

    for function in (measured, plain):
        function.__module__ = made.__name__
        setattr(made, function.__name__, function)
    monkeypatch.setitem(sys.modules, made.__name__, made)
    return made.__name__


def test_an_entry_has_summary_command_and_figures(module: str) -> None:
    first, second = contest.catalogue(module)
    assert first.name == "measured"
    assert first.summary == "Trees that were measured."
    assert first.command == "tools cv measured --folds 3"
    assert first.about == contest.About(auc=0.9, minutes=3, machine="an abacus")
    assert (second.summary, second.command) == ("", "tools cv plain")
    assert second.about == contest.About()


def test_settings_have_value_default_and_meaning(module: str) -> None:
    rows = {one.name: one for one in contest.settings_table(module, "measured")}
    leaves = rows["num_leaves"]
    assert (leaves.value, leaves.default) == (5, LightGBMConfig().num_leaves)
    assert leaves.text == "Maximum number of leaves per tree."
    assert (rows["image_size"].value, rows["image_size"].default) == (32, 0)
    assert rows["families"].value == ("grid",)
    assert "table" not in rows, "code cannot be set"
    with pytest.raises(contest.ContestError, match="measured"):
        contest.settings_table(module, "measure")


def test_the_changed_settings_of_a_run_are_found(module: str) -> None:
    experiment = contest.load_experiment(module, "measured", ["num_leaves=7", "seed=4"])
    record = {"experiment": "measured", **experiment.as_dict()}
    assert contest.settings_changed(module, record) == {"num_leaves": 7, "seed": 4}
    assert contest.settings_changed(module, {**record, "experiment": "gone"}) is None
    assert contest.settings_changed(module, {"experiment": "measured"}) is None, "as of votes"


@pytest.mark.parametrize(("name", "entry"), EVERY, ids=lambda one: getattr(one, "name", one))
def test_the_figures_of_an_experiment_stand_in_its_docstring(
    name: str, entry: contest.Entry
) -> None:
    module = importlib.import_module(contest.load(name).experiments)
    text = " ".join((getattr(module, entry.name).__doc__ or "").split())
    assert entry.summary
    for figure in (entry.about.auc, entry.about.score):
        assert figure is None or f"{figure:.3f}" in text
    known = dataclasses.asdict(entry.about)
    figures = [known[one] for one in ("auc", "score", "minutes", "machine")]
    assert all(figures) or not any(figures), "measured figures stand together"


@pytest.mark.parametrize(("name", "entry"), EVERY, ids=lambda one: getattr(one, "name", one))
def test_every_setting_of_an_experiment_has_a_meaning(name: str, entry: contest.Entry) -> None:
    rows = contest.settings_table(contest.load(name).experiments, entry.name)
    own = {"image_size", "seed", "families", "models"}
    silent = [one.name for one in rows if not one.text and one.name not in own]
    assert silent == []
