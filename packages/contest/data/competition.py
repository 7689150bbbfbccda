"""The protocol of a competition: the functions of the module in its plugins.prepare."""

import inspect
from collections.abc import Callable, Iterable, Set
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np
import pandas as pd

import jobs
from contest._errors import Fault, NotOffered, SpecError
from contest.data.dataset import Dataset
from contest.data.layout import Layout, best_root
from contest.spec.plugin import module_of
from contest.spec.spec import Spec

REQUIRED = ("locate", "prepare")
OPTIONAL = ("describe", "synthesize", "show", "audit")
REMEDY = "see contest.Competition and correct the module"


class Competition(Protocol):
    """The functions of a competition's module.

    `locate` and `prepare` are required, the others are optional. The metric and the experiments
    are separate plug-ins, see `metric_of` and `Experiment`.
    """

    def locate(self, root: Path, spec: Spec, *, test_only: bool = False) -> Layout:
        """Return the places of the parts of the data at or below `root`, as `contest.locate` does.

        Args:
            test_only: training files may be missing, as in a notebook.

        Raises:
            DataError: lists what is missing and the places searched.
        """

    def prepare(
        self,
        root: Path,
        spec: Spec,
        *,
        cache: Path,
        accepted: Set[str] = frozenset(),
        report: jobs.Report = jobs.silent,
        test_only: bool = False,
    ) -> Dataset:
        """Find, read and match the raw files, mostly with `contest.prepare`; the same arguments.

        Raises:
            ContestError: with all faults.
        """

    def describe(self, root: Path, spec: Spec) -> dict[str, Any]:
        """Return the layout of a data folder in words, see `contest.describe`; raise no error."""

    def synthesize(
        self, out: Path, *, images: int, test: int, seed: int, report: jobs.Report = jobs.silent
    ) -> int:
        """Write a data set in the competition's format; return its number of positive images.

        Needed by `tools data synth` and `tools demo`.

        Args:
            out: a new folder; it also gets ``test-truth.csv``, the annotations of the test
                images.
            images: number of training images.
            test: number of test images.
            seed: of the random numbers; the same seed gives the same files.
        """

    def show(self, file: Path) -> tuple[np.ndarray, dict[str, Any]]:
        """Return a picture of what features are computed from, and figures about it.

        Needed by `tools features show`. The picture is uint8, grey `(h, w)` or BGR `(h, w, 3)`.
        """

    def audit(self, images: pd.DataFrame, groups: pd.Series | None) -> Iterable[Fault]:
        """Return faults and unusual values of the tables of images, for `tools data audit`.

        Args:
            images: table of the readable images of both parts, see `Dataset.train`.
            groups: of the images, indexed by image id; None if unknown.

        Returns:
            faults whose `kind` is a kind of the audit, such as "header".
        """


def competition_of(spec: Spec) -> Competition:
    """Return the code of a competition.

    Raises:
        SpecError: a function is missing or has another signature than that of the protocol.
    """
    return cast(Competition, _checked(spec))


def optional(spec: Spec, name: str) -> Callable[..., Any]:
    """Return the optional function `name`: "describe", "synthesize", "show" or "audit".

    Raises:
        NotOffered: the competition has none.
        SpecError: see `competition_of`.
    """
    module = _checked(spec)
    if not hasattr(module, name):
        raise NotOffered(
            f"{spec.name} has no function {name}: write {name}{_own_signature(name)} in "
            f"{module.__name__}, see contest.Competition"
        )
    function: Callable[..., Any] = getattr(module, name)
    return function


def describe(root: Path, spec: Spec) -> dict[str, Any]:
    """Return the layout of a data folder in words, what it contains, and what it lacks.

    Keys: layout (one line), train_images and test_images (numbers of files), lacks (missing parts;
    empty if the data are complete). The `describe` of the competition is used if it has one.
    """
    module = _checked(spec)
    if hasattr(module, "describe"):
        described: dict[str, Any] = module.describe(root, spec)
        return described
    base, found = best_root(root, spec)
    parts = [part.replace("_", " ") for part in found]
    where = "" if base == root else f"{base.relative_to(root)}/ as root, "
    return {
        "layout": f"{where}{', '.join(parts)}" if parts else "no layout of this competition",
        "train_images": _count(found.get("train_images")),
        "test_images": _count(found.get("test_images")),
        "lacks": [part.replace("_", " ") for part in spec.data if part not in found],
    }


def own_checks(spec: Spec, images: pd.DataFrame, groups: pd.Series | None) -> list[Fault]:
    """Return the findings of the competition's `audit`; none if it has no such function."""
    module = _checked(spec)
    return list(module.audit(images, groups)) if hasattr(module, "audit") else []


def _checked(spec: Spec) -> Any:
    module = module_of(spec.prepare)
    faults = [f"it has no function {name}" for name in REQUIRED if not hasattr(module, name)]
    faults += [
        f"{name}: {fault}, it must take {_own_signature(name)}"
        for name in REQUIRED + OPTIONAL
        if hasattr(module, name) and (fault := _misfit(getattr(module, name), name))
    ]
    if faults:
        raise SpecError(module.__name__, faults, REMEDY)
    return module


def _misfit(given: object, name: str) -> str:
    """Return why `given` cannot be called as the protocol's function `name`, "" if it can."""
    if not callable(given):
        return "it is not a function"
    asked = _own_signature(name).parameters.values()
    positional = [one for one in asked if one.kind is not one.KEYWORD_ONLY]
    named = {one.name: None for one in asked if one.kind is one.KEYWORD_ONLY}
    try:
        inspect.signature(given).bind(*positional, **named)
    except TypeError as error:
        return str(error)
    return ""


def _own_signature(name: str) -> inspect.Signature:
    """Return the parameters of a function of the protocol, without self, types and result."""
    _, *others = inspect.signature(getattr(Competition, name)).parameters.values()
    bare = [one.replace(annotation=one.empty, default=one.empty) for one in others]
    return inspect.Signature(bare)


def _count(folder: Path | None) -> int:
    return 0 if folder is None else len(jobs.files_below(folder))
