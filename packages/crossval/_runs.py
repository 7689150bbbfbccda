"""The folder of one cross-validated learner, from configuration to completion marker.

runs/<name>/
  config.json       configuration; digests of data and folds
  folds.csv         fold of each image
  models/fold<k>/   files of the learner
  parts/            finished folds, with their time, and test blocks of an unfinished run
  oof.parquet       image_id, fold, p, spread (segmenters)    oof_masks.zarr  their probability maps
  test.parquet      image_id, p, spread       test_masks.zarr   test.json    their digest
  test-by-fold/     the same predicted by the models of one fold, for pseudo-labels
  metrics.json      figures of the complete run
  honest.parquet    honest score of each image, written by `tools`
  COMPLETE          written last; digests of the files
"""

import difflib
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

import jobs
from crossval._errors import CrossvalError, UnknownRun
from crossval._folds import fold_digest, read_folds
from crossval._maps import MapStore
from crossval._marker import MARKER, check_below, checked, remedy, write_marker

SHOWN = "[!.]*"
"""Pattern of the names of runs; what an interrupted deletion leaves is hidden."""


@dataclass(frozen=True)
class Run:
    """The folder of a run. `oof` and `metrics` raise `CrossvalError` until the run is complete."""

    path: Path

    @classmethod
    def start(
        cls, runs: Path, experiment: str, config: Mapping[str, Any], folds: pd.Series
    ) -> "Run":
        """Return the run of this configuration on these folds: new, interrupted or complete.

        The name depends on the configuration and the folds, so a repeated call resumes. A run that
        `rename_run` has given another name is found by its recorded configuration.

        Raises:
            jobs.BadName: nothing can be stored under the name of the experiment.
        """
        jobs.check_name(experiment, "an experiment")
        folds_name = fold_digest(folds)
        stamped = {**config, "experiment": experiment, "folds_digest": folds_name}
        run = cls(runs / f"{experiment}-{jobs.digest(stamped)[:8]}")
        if not run.path.exists():
            run = next((one for one in all_runs(runs) if one.is_of(stamped)), run)
        if not run.complete:
            with jobs.writing(run.path / "folds.csv") as temporary:
                folds.sort_index().to_csv(temporary)
            jobs.write_json(run.path / "config.json", stamped)
        return run

    @property
    def name(self) -> str:
        """The name of the folder, which identifies the run."""
        return self.path.name

    @property
    def complete(self) -> bool:
        """Whether the completion marker exists."""
        return (self.path / MARKER).is_file()

    @property
    def config(self) -> dict[str, Any]:
        """The recorded configuration."""
        return dict(jobs.read_json(checked(self.path, "config.json")))

    def belongs_to(self, competition: str) -> bool:
        """Return whether the configuration names this competition or none."""
        return bool(self.config.get("competition", competition) == competition)

    def is_of(self, config: Mapping[str, Any]) -> bool:
        """Return whether it records this configuration; a damaged record is of none."""
        try:
            return jobs.digest(jobs.read_json(self.path / "config.json")) == jobs.digest(config)
        except (jobs.NotReadable, TypeError, ValueError):
            return False

    @property
    def folds_done(self) -> int:
        """The number of finished folds."""
        return len(list((self.path / "parts").glob("fold*.parquet")))

    @property
    def seconds(self) -> float | None:
        """Wall-clock time of training and predicting all finished folds; None if not recorded."""
        clocks = sorted((self.path / "parts").glob("fold*-time.json"))
        return sum(map(seconds_in, clocks)) if clocks else None

    @property
    def folds_digest(self) -> str:
        """The digest of the folds; runs with different folds cannot be blended."""
        return str(self.config["folds_digest"])

    @property
    def folds(self) -> pd.Series:
        """Series image id -> fold."""
        return read_folds(checked(self.path, "folds.csv"), self.folds_digest)

    def model_folder(self, fold: int) -> Path:
        """Return the folder of the model for which `fold` is held out."""
        return self.path / "models" / f"fold{fold}"

    def model_folders(self) -> list[Path]:
        """The model folders of all folds; see `check_models`."""
        return [self.model_folder(fold) for fold in sorted(self.folds.unique())]

    def file(self, name: str) -> Path:
        """Return the path of a file of the run; it may not exist if the run never had it.

        Raises:
            CrossvalError: the run had it, and it is missing or has changed.
        """
        return checked(self.path, name)

    def check_models(self) -> None:
        """Compare the files of the models with their digests.

        Raises:
            CrossvalError: one is missing or has changed.
        """
        check_below(self.path, "models")

    def metrics(self) -> dict[str, Any]:
        """The figures of the complete run."""
        self._require_complete()
        return dict(jobs.read_json(checked(self.path, "metrics.json")))

    def oof(self) -> pd.DataFrame:
        """Out-of-fold table, indexed by image id: fold, p and, with maps, spread, map_crc32.

        Raises:
            CrossvalError: the run has not finished, or the table is damaged or of other images.
        """
        self._require_complete()
        try:
            table = read_table(checked(self.path, "oof.parquet"))
        except jobs.NotReadable as error:
            raise CrossvalError(f"{error}: {remedy(self.path)}") from None
        if set(table.index) != set(self.folds.index):
            raise CrossvalError(
                f"{self.path / 'oof.parquet'} has other images than folds.csv: {remedy(self.path)}"
            )
        return table

    def test(self, key: str) -> pd.DataFrame | None:
        """Test table, indexed by image id, see `oof`; None if not predicted yet or damaged.

        Args:
            key: digest of the images, see `test_key`.
        """
        try:
            note = jobs.read_json(self._test_note)
            digest = note.get("digest")  # none in version 0.1.0
            if note["key"] != key or digest not in (None, jobs.file_digest(self._test_table)):
                return None
            return read_table(self._test_table)
        except (jobs.NotReadable, KeyError, TypeError, AttributeError):
            return None

    def begin_test(self, key: str) -> None:
        """Delete existing predictions if they are of other images."""
        if self._test_key() == key:
            return
        # The key is written last, so that files left by an interruption have no key.
        old = (self.path / "parts").glob("test-*.parquet")
        for path in (self._test_table, self._test_note, *old, self.path / "test_masks.zarr"):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        jobs.write_json(self._test_note, {"key": key})

    def finish_test(self, key: str, table: pd.DataFrame) -> None:
        """Write the test table and its digest."""
        write_table(self._test_table, table)
        digest = jobs.file_digest(self._test_table)
        jobs.write_json(self._test_note, {"key": key, "digest": digest})

    def maps(self, part: str, table: pd.DataFrame | None = None) -> MapStore | None:
        """Return the probability maps of `part`, "oof" or "test"; None if the run has none.

        Args:
            part: "oof" or "test".
            table: of this part, which is read if it is not given.

        Raises:
            CrossvalError: the store is missing or damaged.
        """
        table = read_table(self.path / f"{part}.parquet") if table is None else table
        if "spread" not in table:
            return None
        again = remedy(self.path)
        if part == "test":
            again = f"delete {self._test_table} and run the same command again"
        path = self.path / f"{part}_masks.zarr"
        try:
            store = MapStore.open(path).expect(table, again)
        except CrossvalError as error:
            raise CrossvalError(f"{error}: {again}") from None
        lost = table.index.difference(store.ids)
        if len(lost):
            raise CrossvalError(
                f"{path} has no maps of {len(lost)} images, first {lost[0]}: {again}"
            )
        return store

    def new_maps(self, part: str, ids: Sequence[str], size: int) -> MapStore:
        """Return a store to write the probability maps of `part`."""
        return MapStore.create(self.path / f"{part}_masks.zarr", ids, size)

    def finish(self, metrics: Mapping[str, Any]) -> None:
        """Write the figures, then the completion marker."""
        jobs.write_json(self.path / "metrics.json", dict(metrics))
        write_marker(self.path)

    @property
    def _test_table(self) -> Path:
        return self.path / "test.parquet"

    @property
    def _test_note(self) -> Path:
        return self.path / "test.json"

    def _test_key(self) -> str | None:
        try:
            return str(jobs.read_json(self._test_note)["key"])
        except (jobs.NotReadable, KeyError, TypeError):
            return None

    def _require_complete(self) -> None:
        if not self.complete:
            raise CrossvalError(
                f"run {self.name} has not finished: repeat its `tools cv` command to resume it"
            )


@dataclass(frozen=True)
class FoldRun(Run):
    """The models of a run for which one fold was held out, with their own test predictions.

    Attributes:
        whole: the run.
        fold: the fold.
    """

    whole: Run
    fold: int

    @classmethod
    def of(cls, whole: Run, fold: int) -> "FoldRun":
        """Return the part of a run; its files lie in a subfolder of the run's."""
        return cls(whole.path / "test-by-fold" / f"fold{fold}", whole, fold)

    @property
    def name(self) -> str:
        """The name of the whole run."""
        return self.whole.name

    @property
    def config(self) -> dict[str, Any]:
        """The recorded configuration of the whole run."""
        return self.whole.config

    def model_folders(self) -> list[Path]:
        """The model folder of the fold."""
        return [self.whole.model_folder(self.fold)]

    def check_models(self) -> None:
        """Compare the files of the whole run's models with their digests."""
        self.whole.check_models()


def all_runs(runs: Path, competition: str | None = None) -> list[Run]:
    """Return all runs, also unfinished ones, sorted by name; see `list_runs`."""
    every = [Run(path.parent) for path in sorted(runs.glob(f"{SHOWN}/config.json"))]
    return [run for run in every if competition is None or run.belongs_to(competition)]


def list_runs(runs: Path, competition: str | None = None) -> list[Run]:
    """Return all complete runs, sorted by name.

    Args:
        competition: only runs whose configuration names it or none; None: all runs.
    """
    every = [Run(marker.parent) for marker in sorted(runs.glob(f"{SHOWN}/{MARKER}"))]
    return [run for run in every if competition is None or run.belongs_to(competition)]


def open_run(runs: Path, name: str, competition: str | None = None) -> Run:
    """Return the complete run `name`; an unambiguous beginning of a name is enough.

    Args:
        competition: as for `list_runs`.

    Raises:
        UnknownRun: no run or several runs match, or it is of another competition; the message
            lists the known runs.
        CrossvalError: the run has not finished.
    """
    if name in {run.name for run in all_runs(runs)}:
        run = Run(runs / name)
        run._require_complete()
        _require_competition(run, competition)
        return run
    names = [run.name for run in list_runs(runs, competition)]
    matching = [known for known in names if known.startswith(name)] if name else []
    if len(matching) == 1:
        return Run(runs / matching[0])
    likely = matching or difflib.get_close_matches(name, names) or names
    which = "matches several runs" if matching else "is not a run"
    known = ", ".join(likely) if likely else "none yet; `tools cv EXPERIMENT` creates one"
    raise UnknownRun(f"{name!r} {which} in {runs}: choose from {known}")


def _require_competition(run: Run, competition: str | None) -> None:
    its = run.config.get("competition", competition)
    if competition not in (None, its):
        raise UnknownRun(
            f"{run.path} is a run of {its}, not of {competition}: name the competition {its}, or "
            "another run"
        )


def seconds_in(path: Path) -> float:
    """Return the seconds that a file records; 0 if it is missing or damaged."""
    try:
        return float(jobs.read_json(path)["seconds"])
    except (jobs.NotReadable, KeyError, TypeError, ValueError):
        return 0.0


def read_table(path: Path) -> pd.DataFrame:
    """Read a parquet table of a run, indexed by image id.

    Raises:
        jobs.NotReadable: the file is missing or damaged.
    """
    table = jobs.read_table(path)
    if "image_id" not in table:
        raise jobs.NotReadable(f"{path} has no column image_id")
    return table.set_index("image_id")


def write_table(path: Path, table: pd.DataFrame) -> None:
    """Write a table indexed by image id as parquet, atomically."""
    jobs.write_table(path, table.rename_axis("image_id").reset_index())
