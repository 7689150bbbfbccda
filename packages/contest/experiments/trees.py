"""Experiments with LightGBM on a table of features."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import pandas as pd

import classifiers
import crossval
import jobs
from contest._errors import ContestError
from contest.experiments.experiment import Experiment, Source

Table = Callable[[Source, int, Sequence[str]], pd.DataFrame]
"""Function of a source, the side of its images and families that returns their features."""


@dataclass(frozen=True)
class Sides:
    """The left and right sides of images, for trees that see one side at a time.

    Attributes:
        tables: function of a source and the side of its images in pixels that returns the features
            of each side, a row for each image.
        labels: function of a source that returns 0 or 1, a column for each side, a row for each
            training image.
    """

    tables: Callable[[Source, int], Mapping[str, pd.DataFrame]]
    labels: Callable[[Source], pd.DataFrame]


@dataclass(frozen=True)
class Trees(Experiment):
    """LightGBM on features; `config` is a `classifiers.LightGBMConfig`.

    Attributes:
        families: of features.
        table: function that computes the features.
        sides: of an image; needed if `config.sides` is not 0.
    """

    kind: ClassVar[str] = "classifier"
    code: ClassVar[tuple[str, ...]] = ("table", "sides")
    model_files: ClassVar[str] = "model_seed*.txt"
    tunable: ClassVar[bool] = True

    families: tuple[str, ...] = ()
    table: Table = field(kw_only=True)
    sides: Sides | None = None

    def learner(self, source: Source) -> "classifiers.LightGBMLearner":
        """Return the learner for the images of `source`.

        Raises:
            ContestError: `config.sides` is not 0 and the experiment has no sides.
        """
        sides, dataset = self._sides(), source.dataset
        table = self.table(source, self.side, self.families)
        given = (self.config, table, dataset.labels, dataset.groups)
        if sides is None:
            return classifiers.LightGBMLearner(*given)
        tables, labels = sides.tables(source, self.side), sides.labels(source)
        return classifiers.SidedLearner(*given, sides=tables, side_labels=labels)

    def features(self, source: Source) -> pd.DataFrame:
        """Return the features of whole images; those of their sides are computed and cached too."""
        sides = self._sides()
        if sides is not None:
            sides.tables(source, self.side)
        return self.table(source, self.side, self.families)

    def explain(
        self,
        learner: crossval.Learner,
        held_out: Mapping[Path, Sequence[str]],
        report: jobs.Report = jobs.silent,
    ) -> "classifiers.Explanation":
        """Return the importances of features and families, see `classifiers.explain`."""
        assert isinstance(learner, classifiers.LightGBMLearner), "it is no learner of trees"
        return classifiers.explain(learner, held_out, families=self.families, report=report)

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
        """Return the best settings inside the images `train`, see `classifiers.tune`."""
        assert isinstance(learner, classifiers.LightGBMLearner), "it is no learner of trees"
        return classifiers.tune(
            learner, train, folder, trials=trials, seconds=seconds, seed=self.seed, report=report
        )

    def _sides(self) -> Sides | None:
        if not self.config.sides:
            return None
        if self.sides is None:
            raise ContestError(
                f"sides={self.config.sides} needs an experiment with sides: define its sides, or "
                "set sides=0"
            )
        return self.sides
