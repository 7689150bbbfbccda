"""What an experiment must offer, whatever it trains; the rest of the house asks it, and no type.

A competition uses `Trees` and `Networks`, or writes a class of its own in its folder.
"""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol

import numpy as np
import pandas as pd

import crossval
import jobs
from contest.data.dataset import Dataset
from contest.spec.spec import Spec


class Stack(Protocol):
    """Images by id, all of one size."""

    ids: list[str]
    digest: str

    @property
    def pixels(self) -> np.ndarray:
        """All images, uint8 `(n, size, size)`."""
        ...

    def take(self, ids: Sequence[str]) -> np.ndarray:
        """Return the images with these ids, uint8 `(k, size, size)`."""
        ...


class Source(Protocol):
    """What a learner is built from: the images of one part of the competition and their facts."""

    @property
    def part(self) -> str:
        """Which images: "train" or "test"."""
        ...

    @property
    def spec(self) -> Spec:
        """The competition's facts."""
        ...

    @property
    def dataset(self) -> Dataset:
        """The raw files, read and matched."""
        ...

    @property
    def facts(self) -> pd.DataFrame:
        """What is known of each image of the part, indexed by image id."""
        ...

    @property
    def features(self) -> Path:
        """The folder where feature tables are kept between calls."""
        ...

    @property
    def report(self) -> jobs.Report:
        """Draws progress."""
        ...

    def stack(self, side: int) -> Stack:
        """Return the images of the part, square, with this side in pixels."""
        ...


class Explanation(Protocol):
    """What features are worth, the most important first.

    Both tables have `contribution` (mean |SHAP|, log-odds) and `auc_drop`.
    """

    @property
    def columns(self) -> pd.DataFrame:
        """Indexed by feature."""
        ...

    @property
    def families(self) -> pd.DataFrame:
        """Indexed by family of features."""
        ...


class Found(Protocol):
    """What a search for settings chose, see `classifiers.Found`."""

    @property
    def config(self) -> Any:
        """The best settings tried."""
        ...

    @property
    def auc(self) -> float:
        """Theirs over the inner folds."""
        ...

    @property
    def auc_default(self) -> float:
        """That of the settings it started from."""
        ...

    @property
    def trials(self) -> int:
        """How many were tried."""
        ...

    @property
    def pruned(self) -> int:
        """How many of those were given up before their end."""
        ...


@dataclass(frozen=True)
class Experiment:
    """One thing to cross-validate: its choices, and how its learner is made.

    A class of its own implements `learner`, and of the rest what it can.

    Attributes:
        kind: a word that its runs record.
        code: the fields that hold the competition's code: no run records them, no setting changes
            them.
        model_files: a pattern of the files in a fold's folder that hold a model each.
        tunable: whether `tune` searches settings.
        exportable: whether `export` writes models that predict alone.
        config: the learner's own frozen configuration.
        image_size: side of the square images it sees, in pixels; 0 is `config.size`.
        seed: of the training.
    """

    kind: ClassVar[str] = "own"
    code: ClassVar[tuple[str, ...]] = ()
    model_files: ClassVar[str] = "*"
    tunable: ClassVar[bool] = False
    exportable: ClassVar[bool] = False

    config: Any
    image_size: int = 0
    seed: int = 0

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
        """The fields beside `config` that a run records and a setting may change."""
        known = {"config", *self.code}
        return [field.name for field in dataclasses.fields(self) if field.name not in known]

    def as_dict(self) -> dict[str, Any]:
        """Return the choices as plain JSON types."""
        own = {name: getattr(self, name) for name in self.choices}
        values = {"kind": self.kind, "config": dataclasses.asdict(self.config), **own}
        return json.loads(json.dumps(values, default=str))

    def learner(self, source: Source) -> crossval.Learner:
        """Return what is trained, over the images of `source`."""
        raise NotImplementedError(f"{type(self).__name__} must build its learner")

    def follow(self, source: Source) -> None:
        """Help a process that leads to train until it is done; one that trains alone has no use."""

    def dismiss(self) -> None:
        """Let the processes go that `follow`."""

    def features(self, source: Source) -> pd.DataFrame | None:
        """Return the features that the learner sees, a row for each image; None without any."""
        return None

    def explain(
        self,
        learner: crossval.Learner,
        held_out: Mapping[Path, Sequence[str]],
        report: jobs.Report = jobs.silent,
    ) -> Explanation | None:
        """Return what features are worth, None where nothing is known.

        Args:
            learner: which has trained.
            held_out: model folder -> the images that its models have not seen.
            report: progress.
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
    ) -> Found:
        """Return the best settings inside the images `train`; only where it is `tunable`.

        Args:
            learner: of this experiment.
            train: images that may be looked at.
            folder: where trials are kept; called again it resumes.
            trials: how many.
            seconds: after which no trial begins.
            report: progress.
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
        """Write models as a folder that predicts alone; only where it is `exportable`.

        Args:
            folders: of the models.
            out: the folder to write.
            name: of the run, to be recorded.
            onnx: also write ONNX graphs.
            about: JSON values to be recorded.
            report: progress.

        Returns:
            What it recorded, as `segmenters.export`.
        """
        raise NotImplementedError(f"{type(self).__name__} has nothing to export")
