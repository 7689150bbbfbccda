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

REMEDY = "see contest.Competition and correct the module"


class Competition(Protocol):
    """The functions that the module of every competition has.

    The functions of `Describes`, `Synthesizes`, `Shows` and `Audits` are optional. The metric and
    the experiments are separate plug-ins, see `metric_of` and `Experiment`.
    """

    def locate(self, root: Path, spec: Spec, *, test_only: bool = False) -> Layout:
        """Return the places of the parts of the data at or below `root`, as `contest.locate` does.

        Args:
            root: the data folder.
            spec: of the competition.
            test_only: training files may be missing, as in a notebook.

        Raises:
            DataError: lists what is missing and the places searched.
        """
        ...

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
        """Find, read and match the raw files, mostly with `contest.prepare`.

        Args:
            root: the data folder.
            spec: of the competition.
            cache: folder of cached tables.
            accepted: image ids that may be unreadable or missing.
            report: progress.
            test_only: do not read the training files.

        Raises:
            ContestError: with all faults.
        """
        ...


class Describes(Protocol):
    """A competition with its own layouts; others are described by `contest.describe`."""

    def describe(self, root: Path, spec: Spec) -> dict[str, Any]:
        """Return the layout of a data folder in words, see `contest.describe`; raise no error."""
        ...


class Synthesizes(Protocol):
    """A competition with synthetic data, which `tools data synth` and `tools demo` need."""

    def synthesize(
        self, out: Path, *, images: int, test: int, seed: int, report: jobs.Report = jobs.silent
    ) -> int:
        """Write a data set in the competition's format; return its number of positive images.

        Args:
            out: a new folder; it also gets ``test-truth.csv``, the annotations of the test
                images.
            images: number of training images.
            test: number of test images.
            seed: of the random numbers; the same seed gives the same files.
            report: progress.
        """
        ...


class Shows(Protocol):
    """A competition that can draw what its features are computed from (`tools features show`)."""

    def show(self, file: Path) -> tuple[np.ndarray, dict[str, Any]]:
        """Return a picture, uint8 grey `(h, w)` or BGR `(h, w, 3)`, and figures about it."""
        ...


class Audits(Protocol):
    """A competition with additional checks for `tools data audit`."""

    def audit(self, images: pd.DataFrame, groups: pd.Series | None) -> Iterable[Fault]:
        """Return faults and unusual values of the tables of images.

        Args:
            images: table of the readable images of both parts, see `Dataset.train`.
            groups: of the images, indexed by image id; None if unknown.

        Returns:
            faults whose `kind` is a kind of the audit, such as "header".
        """
        ...


REQUIRED: dict[str, Callable[..., Any]] = {
    "locate": Competition.locate,
    "prepare": Competition.prepare,
}
OPTIONAL: dict[str, Callable[..., Any]] = {
    "describe": Describes.describe,
    "synthesize": Synthesizes.synthesize,
    "show": Shows.show,
    "audit": Audits.audit,
}


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
            f"{spec.name} has no function {name}: write {name}{_own_signature(OPTIONAL[name])} in "
            f"{module.__name__}, see contest.{OPTIONAL[name].__qualname__.partition('.')[0]}"
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
    for name, wanted in (REQUIRED | OPTIONAL).items():
        if hasattr(module, name) and (fault := _misfit(getattr(module, name), wanted)):
            faults.append(f"{name}: {fault}, it must take {_own_signature(wanted)}")
    if faults:
        raise SpecError(module.__name__, faults, REMEDY)
    return module


def _misfit(given: object, wanted: Callable[..., Any]) -> str:
    """Return why `given` cannot be called with the arguments of the protocol, "" if it can."""
    if not callable(given):
        return "it is not a function"
    asked = _own_signature(wanted).parameters.values()
    positional = [one for one in asked if one.kind is not one.KEYWORD_ONLY]
    named = {one.name: None for one in asked if one.kind is one.KEYWORD_ONLY}
    try:
        inspect.signature(given).bind(*positional, **named)
    except TypeError as error:
        return str(error)
    return ""


def _own_signature(method: Callable[..., Any]) -> inspect.Signature:
    """Return the parameters of a protocol's method by name, without self, types and result."""
    _, *others = inspect.signature(method).parameters.values()
    bare = [one.replace(annotation=one.empty, default=one.empty) for one in others]
    return inspect.Signature(bare)


def _count(folder: Path | None) -> int:
    return 0 if folder is None else len(jobs.files_below(folder))
