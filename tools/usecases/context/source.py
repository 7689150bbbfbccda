"""The images and experiments of a competition."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

import contest
import crossval
import imagestack
import jobs
import rlemask
from tools.usecases.context.workplace import Workplace

PseudoMasks = Callable[[str, Sequence[str]], Mapping[str, rlemask.Runs]]


def _no_pseudo_masks(blend: str, train: Sequence[str]) -> Mapping[str, rlemask.Runs]:
    raise AssertionError("only `tools cv` trains on pseudo-labels")


@dataclass(frozen=True)
class Source:
    """The images of one part of the competition; see `contest.Source`.

    Attributes:
        place: the folders and the competition.
        part: "train" or "test".
        pseudo_masks: returns masks of the test images, see `contest.Source`; only for training.
    """

    place: Workplace
    part: str = "train"
    pseudo_masks: PseudoMasks = _no_pseudo_masks

    @property
    def spec(self) -> contest.Spec:
        return self.place.spec

    @property
    def dataset(self) -> contest.Dataset:
        return self.place.dataset

    @property
    def table(self) -> pd.DataFrame:
        """The files of the part, indexed by image id."""
        return self.dataset.train if self.part == "train" else self.dataset.test

    @property
    def facts(self) -> pd.DataFrame:
        return self.dataset.facts.loc[self.table.index]

    @property
    def features(self) -> Path:
        return self.place.paths.features

    @property
    def report(self) -> jobs.Report:
        return self.place.report

    def stack(self, side: int) -> imagestack.PixelCache:
        """Return the images of the part as squares of this side in pixels, from the cache."""
        return self._stack(self.table, side)

    def test_stack(self, side: int) -> imagestack.PixelCache:
        """Return the test images as squares of this side in pixels, from the cache."""
        return self._stack(self.dataset.test, side)

    def _stack(self, table: pd.DataFrame, side: int) -> imagestack.PixelCache:
        root, cache = self.dataset.root, self.place.paths.cache
        return imagestack.build_cache(table, root, side, cache, report=self.report)


def load_experiment(
    place: Workplace, name: str, settings: Sequence[str] = ()
) -> contest.Experiment:
    """Return the named experiment of the competition with settings applied."""
    return contest.load_experiment(place.spec.experiments, name, settings)


def experiment_of(place: Workplace, run: crossval.Run) -> contest.Experiment | None:
    """Return the experiment of a run, None for a run of `tools votes`."""
    if "config" not in run.config:
        return None
    experiment = load_experiment(place, str(run.config["experiment"]))
    return contest.restore_experiment(experiment, run.config)
