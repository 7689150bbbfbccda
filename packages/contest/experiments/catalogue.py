"""The catalogue of a competition's experiments: what each is, needs and has scored."""

import importlib
import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import configuration
from contest.experiments.experiment import Experiment
from contest.experiments.settings import experiment_names, load_experiment

Function = TypeVar("Function", bound=Callable[[], Experiment])

COMMAND = re.compile(r"Command: ``(tools cv [^`]+)``")


@dataclass(frozen=True)
class About:
    """What is known of an experiment before it is run; None or "" where it was not measured.

    Attributes:
        auc: area under the ROC curve of the out-of-fold probabilities.
        score: honest score of the competition's metric.
        minutes: wall-clock time of all folds, with the features.
        machine: on which it was measured.
        gpu: whether it is made for a GPU; others train on a CPU in the given time.
    """

    auc: float | None = None
    score: float | None = None
    minutes: float | None = None
    machine: str = ""
    gpu: bool = False


@dataclass(frozen=True)
class Entry:
    """An experiment in the catalogue.

    Attributes:
        name: of its function.
        summary: first paragraph of its docstring, in one line.
        command: that runs it.
        about: measured figures.
    """

    name: str
    summary: str
    command: str
    about: About


def about(**known: Any) -> Callable[[Function], Function]:
    """Return a decorator that attaches figures, the fields of `About`, to an experiment."""

    def attach(function: Function) -> Function:
        function.about = About(**known)  # type: ignore[attr-defined]
        return function

    return attach


def catalogue(module: str) -> list[Entry]:
    """Return the experiments of `module`, sorted by name."""
    return [_entry(module, name) for name in experiment_names(module)]


def _entry(module: str, name: str) -> Entry:
    function = getattr(importlib.import_module(module), name)
    text = inspect.getdoc(function) or ""
    command = COMMAND.search(" ".join(text.split()))
    return Entry(
        name=name,
        summary=" ".join(text.split("\n\n")[0].split()),
        command=command[1] if command else f"tools cv {name}",
        about=getattr(function, "about", About()),
    )


def settings_table(module: str, name: str) -> list[configuration.Setting]:
    """Return all settings of an experiment, those of its configuration by group.

    Raises:
        ContestError: there is no such experiment; the message has the known ones.
    """
    experiment = load_experiment(module, name)
    own = [one for one in configuration.describe(experiment) if one.name in experiment.choices]
    return [*configuration.describe(experiment.config), *own]
