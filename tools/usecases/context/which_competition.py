"""The competition that is meant if none is named: that of the data, runs or submissions."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import contest
import crossval
import ensembling
import jobs
import kagglegate
from tools.paths import Paths, data_folders

TABLES = ("annotations", "sample_submission")
"""Parts of the data that have the columns of `contest.Spec.columns`."""


@dataclass(frozen=True)
class Signs:
    """What is present of each competition.

    Attributes:
        paths: the folders.
        unpacked: returns a folder unchanged, or the folder of an unpacked zip file.
        test_only: the training files may be missing.
    """

    paths: Paths
    unpacked: Callable[[Path], Path]
    test_only: bool

    def competition(self) -> contest.Spec:
        """Return the specification of the only competition that fits.

        The first of these that points at any competition decides: the given data; data that were
        downloaded, are inputs of a notebook at Kaggle, or are in the cache of kagglehub; the runs
        and blends in the home; the ledger; the competition with ``default = true``.

        Raises:
            contest.UnknownCompetition: none or several are possible; lists them.
        """
        names = contest.names()
        if len(names) > 1:
            specs = [contest.load(name) for name in names]
            signs = (
                self._like_given_data, self._with_data, self._in_home, self._in_ledger, _by_default
            )  # fmt: skip
            names = next(filter(None, (sign(specs) for sign in signs)), names)
        if len(names) != 1:
            raise contest.UnknownCompetition(
                "choose a competition with --competition or TOOLS_COMPETITION, or give its data "
                f"with --data: {', '.join(names) or 'none is installed'}"
            )
        return contest.load(names[0])

    def holds(self, data: Path, spec: contest.Spec) -> bool:
        """Return whether a folder or zip file contains the data of a competition."""
        try:
            folder = self.unpacked(data)
            contest.competition_of(spec).locate(folder, spec, test_only=self.test_only)
        except jobs.UserError:
            return False
        return True

    def _like_given_data(self, specs: Sequence[contest.Spec]) -> list[str]:
        """Return the competitions with which the given data have most in common.

        Of a folder inside the data of one, the data folder above it tells.

        Raises:
            kagglegate.DataError: they are a zip file that cannot be unpacked.
        """
        given = self.paths.given_data
        if given is None or not given.exists():
            return []
        folder = self.unpacked(given)
        likeness = {spec.name: self._likeness(folder, spec) for spec in specs}
        most = max(likeness.values())
        alike = [name for name, like in likeness.items() if like == most > (False, 0)]
        return alike or [spec.name for spec in specs if self._inside(folder, spec)]

    def _inside(self, folder: Path, spec: contest.Spec) -> bool:
        """Return whether a folder lies in the data folder of a competition."""
        above = contest.folder_above(folder, spec)
        return above is not None and self._likeness(above, spec)[0]

    def _likeness(self, data: Path, spec: contest.Spec) -> tuple[bool, int]:
        """Return whether data can be those of a competition, and how many parts of it they have."""
        found = contest.best_root(data, spec)[1]
        tables = [found[part] for part in TABLES if part in found]
        foreign = [table for table in tables if not contest.has_columns(table, columns(spec))]
        return not foreign and self.holds(data, spec), len(found) - len(foreign)

    def _with_data(self, specs: Sequence[contest.Spec]) -> list[str]:
        """Return the competitions that were downloaded or have `data_folders`."""
        if self.paths.given_data is not None:
            return []
        return [
            spec.name
            for spec in specs
            if (self.paths.downloads / spec.name).exists() or data_folders(spec.slug, spec.mirrors)
        ]

    def _in_home(self, specs: Sequence[contest.Spec]) -> list[str]:
        """Return the competitions of the runs and blends in the home."""
        runs = {run.config.get("competition") for run in crossval.list_runs(self.paths.runs)}
        stores = [ensembling.BlendStore(self.paths.blends, spec.name) for spec in specs]
        return [store.competition for store in stores if store.competition in runs or store.names()]

    def _in_ledger(self, specs: Sequence[contest.Spec]) -> list[str]:
        """Return the competitions with submissions."""
        slugs = {entry.slug for entry in kagglegate.Ledger(self.paths.ledger).entries()}
        return [spec.name for spec in specs if spec.slug in slugs]


def columns(spec: contest.Spec) -> tuple[str, str]:
    """Return the columns of image ids and masks."""
    return spec.columns.image_id, spec.columns.rle


def _by_default(specs: Sequence[contest.Spec]) -> list[str]:
    return [spec.name for spec in specs if spec.default]
