"""The base class of experiments. No other code depends on the kind of an experiment.

A competition uses `Trees` and `Networks`, or has subclasses in its folder.
"""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol

import pandas as pd

import classifiers
import crossval
import imagestack
import jobs
import rlemask
from contest._errors import ContestError
from contest.data.dataset import Dataset
from contest.spec.spec import Spec

MOST_PIXELS = 16_384
"""Largest side of images in pixels."""
MOST_SEEDS = 1_000_000
"""Largest seed; learners multiply it to have different seeds in each fold and model."""


class Source(Protocol):
    """The input of a learner: the images of one part of the competition and their facts."""

    @property
    def part(self) -> str:
        """The part: "train" or "test"."""

    @property
    def spec(self) -> Spec:
        """The specification of the competition."""

    @property
    def dataset(self) -> Dataset:
        """The raw files, read and matched."""

    @property
    def facts(self) -> pd.DataFrame:
        """Facts of the images of the part, indexed by image id."""

    @property
    def features(self) -> Path:
        """The folder of cached feature tables."""

    @property
    def report(self) -> jobs.Report:
        """Shows progress."""

    def stack(self, side: int) -> imagestack.PixelCache:
        """Return the images of the part as squares of this side in pixels."""

    def test_stack(self, side: int) -> imagestack.PixelCache:
        """Return the test images as squares of this side in pixels."""

    def pseudo_masks(self, blend: str, train: Sequence[str]) -> Mapping[str, rlemask.Runs]:
        """Return masks of the test images, predicted by a blend that has seen only `train`."""


@dataclass(frozen=True)
class Experiment:
    """One configuration to cross-validate, and the construction of its learner.

    A subclass implements `learner` and, of the other methods, those that it supports.

    Attributes:
        kind: a word that is recorded in its runs.
        code: the fields with code of the competition: they are not recorded in runs, and settings
            cannot change them.
        model_files: a pattern of the model files in a fold's folder.
        tunable: whether `tune` is implemented.
        exportable: whether `export` is implemented.
        extra: the extra of the project with the libraries it needs; "" if the base has them.
        config: the frozen configuration of the learner.
        image_size: side of its square images in pixels; 0 is `config.size`.
        seed: of the training.
    """

    kind: ClassVar[str] = "own"
    code: ClassVar[tuple[str, ...]] = ()
    model_files: ClassVar[str] = "*"
    tunable: ClassVar[bool] = False
    exportable: ClassVar[bool] = False
    extra: ClassVar[str] = ""

    config: Any
    image_size: int = 0
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the ranges of its own fields; the configuration checks its fields itself.

        Raises:
            ContestError: with all faults.
        """
        limits = {"image_size": MOST_PIXELS, "seed": MOST_SEEDS}
        faults = [
            f"{name} must lie in 0..{most}, not {getattr(self, name)}"
            for name, most in limits.items()
            if not 0 <= getattr(self, name) <= most
        ]
        if faults:
            raise ContestError("; ".join(faults))

    @property
    def side(self) -> int:
        """Side of the square images it sees, in pixels."""
        return self.image_size or int(self.config.size)

    @property
    def models(self) -> int:
        """How many models each fold has."""
        return int(getattr(self.config, "models", 1))

    @property
    def wants_gpu(self) -> bool:
        """Whether its models predict on a GPU where there is one."""
        return False

    @property
    def choices(self) -> list[str]:
        """The fields besides `config` that are recorded in runs and can be changed by settings."""
        known = {"config", *self.code}
        return [field.name for field in dataclasses.fields(self) if field.name not in known]

    def as_dict(self) -> dict[str, Any]:
        """Return the choices as plain JSON types."""
        own = {name: getattr(self, name) for name in self.choices}
        values = {"kind": self.kind, "config": dataclasses.asdict(self.config), **own}
        return json.loads(json.dumps(values, default=str))

    def check_installed(self) -> None:
        """Check that the libraries of its extra are installed, without importing them.

        Raises:
            jobs.NotInstalled: a library is missing.
        """
        if self.extra:
            jobs.require(self.extra)

    def learner(self, source: Source) -> crossval.Learner:
        """Return the learner for the images of `source`."""
        raise NotImplementedError(f"{type(self).__name__} must build its learner")

    def follow(self, source: Source) -> None:
        """Compute this process's part of a distributed training until the main process ends it."""

    def dismiss(self) -> None:
        """End `follow` in the other processes."""

    def features(self, source: Source) -> pd.DataFrame | None:
        """Return the features of the learner, a row for each image; None if it has none."""
        return None

    def explain(
        self,
        learner: crossval.Learner,
        held_out: Mapping[Path, Sequence[str]],
        report: jobs.Report = jobs.silent,
    ) -> "classifiers.Explanation | None":
        """Return the importances of features, None if there are none.

        Args:
            learner: of this experiment, fitted.
            held_out: model folder -> the images that were held out.
        """
        return None

    def tune(
        self,
        learner: crossval.Learner,
        train: Sequence[str],
        folder: Path,
        *,
        trials: int,
        seconds: float | None = None,
        report: jobs.Report = jobs.silent,
    ) -> "classifiers.Found":
        """Search settings on the images `train`; implemented if `tunable`.

        Args:
            learner: of this experiment.
            train: ids of the images to use.
            folder: of the trials; a repeated call resumes.
            seconds: after which no trial begins.
        """
        raise NotImplementedError(f"{type(self).__name__} has no settings to search")

    def export(
        self,
        folders: Sequence[Path],
        out: Path,
        *,
        name: str,
        onnx: bool,
        about: Mapping[str, Any],
        report: jobs.Report = jobs.silent,
    ) -> dict[str, Any]:
        """Write models to a folder that predicts without this program; implemented if `exportable`.

        Arguments and result are those of `segmenters.export`.
        """
        raise NotImplementedError(f"{type(self).__name__} has nothing to export")
