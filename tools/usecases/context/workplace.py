"""The context of a use case: folders, competition, data, progress and messages."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path

import pandas as pd

import contest
import crossval
import ensembling
import jobs
import kagglegate
from tools.paths import Paths, data_folders
from tools.usecases.context.which_competition import Signs, columns


class NoData(jobs.UserError):
    """The raw data folder is not given, missing or empty."""


def _no_answer(_: str) -> str:
    raise EOFError


@dataclass(frozen=True)
class Workplace:
    """The context of one command.

    Attributes:
        paths: the folders.
        competition: its name, or None for the only one that fits, see `spec`.
        report: draws progress.
        say: shows a message to the user, if there is a terminal.
        ask: shows a text and returns whether the user confirms it.
        announce: shows a message at once, also in a log, before the command waits for others.
        test_only: only the test images are needed; the training files may be missing.
        answer: shows a question and returns the line of the answer; EOFError if there is none.
    """

    paths: Paths
    competition: str | None = None
    report: jobs.Report = jobs.silent
    say: Callable[[str], None] = lambda _: None
    ask: Callable[[str], bool] = lambda _: False
    announce: Callable[[str], None] = lambda _: None
    test_only: bool = False
    answer: Callable[[str], str] = _no_answer

    @cached_property
    def spec(self) -> contest.Spec:
        """The specification of the given competition, or of the only one that fits.

        Raises:
            contest.UnknownCompetition: none or several are possible; lists them.
        """
        if self.competition is not None:
            return contest.load(self.competition)
        return self._signs.competition()

    @property
    def _signs(self) -> Signs:
        return Signs(self.paths, partial(_unpacked, self), self.test_only)

    def of_mirror(self, dataset: str) -> "Workplace":
        """Return the workplace of the competition that lists this mirror, unless one was given."""
        return self._of_only(lambda spec: dataset in spec.mirrors)

    def of_table(self, path: Path) -> "Workplace":
        """Return the workplace of the competition with the columns of a CSV file of masks.

        It is the same one if a competition was given, or not exactly one has them.
        """
        return self._of_only(lambda spec: contest.has_columns(path, columns(spec)))

    def _of_only(self, fits: Callable[[contest.Spec], bool]) -> "Workplace":
        names = [name for name in contest.names() if fits(contest.load(name))]
        return self if self.competition or len(names) != 1 else replace(self, competition=names[0])

    @cached_property
    def data(self) -> Path:
        """The raw data, a folder or a zip file: given, downloaded, or found by `data_folders`.

        Raises:
            NoData: there are none; the message says how to get them.
        """
        data = self.paths.given_data or self._downloaded()
        if not data.exists():
            named = f"{data} does not exist" if self.paths.given_data else "no data folder is given"
            raise NoData(
                f"{named}: give one with --data or TOOLS_DATA, or get it with "
                "`tools data download`, or try `tools data synth --out synthetic`"
            )
        if data.is_dir() and not any(data.iterdir()):
            raise NoData(f"{data} is empty: unpack the competition's files there")
        return data

    def _downloaded(self) -> Path:
        """Return the folder of `tools data download`; without it, that of `data_folders`."""
        downloaded = self.paths.downloads / self.spec.name
        return downloaded if downloaded.exists() else self._found() or downloaded

    def _found(self) -> Path | None:
        """Return the first complete one of `data_folders`, else the first; report which."""
        folders = data_folders(self.spec.slug, self.spec.mirrors)
        whole = (folder for folder in folders if self._signs.holds(folder, self.spec))
        found = next(whole, next(iter(folders), None))
        if found is not None:
            self.say(f"data: {found}, {folders[found]}")
        return found

    @property
    def blends(self) -> ensembling.BlendStore:
        """The blends of the competition."""
        return ensembling.BlendStore(self.paths.blends, self.spec.name)

    @property
    def runs(self) -> list[crossval.Run]:
        """The complete runs of the competition, sorted by name."""
        return crossval.list_runs(self.paths.runs, self.spec.name)

    def open_run(self, name: str) -> crossval.Run:
        """Return the complete run of the competition with this name or beginning of a name."""
        return crossval.open_run(self.paths.runs, name, self.spec.name)

    def own(self, kind: str) -> Path:
        """Return the competition's folder of files that are called by a name, not by a digest."""
        return self.paths.home / kind / self.spec.name

    def open_blend(self, name: str) -> ensembling.Blend:
        """Return a blend; for "best" the choice and its reason are reported."""
        blend, why = self.blends.open(name, self.groups)
        if name == ensembling.BEST:
            self.say(why)
        return blend

    def groups(self) -> pd.Series | None:
        """Return image id -> group; folds must not split a group. None if there are no groups."""
        return self.dataset.groups

    @property
    def accepted_path(self) -> Path:
        """The ids that `tools data audit --accept` leaves out."""
        return self.paths.home / "accepted.json"

    @cached_property
    def dataset(self) -> contest.Dataset:
        """The raw files, read and matched; tables of images are cached.

        Raises:
            jobs.UserError: the data are unusable; the message has all faults.
        """
        folder, accepted = self.folder, self.accepted()
        dataset = contest.competition_of(self.spec).prepare(
            folder,
            self.spec,
            cache=self.paths.cache,
            accepted=accepted,
            report=self.report,
            test_only=self.test_only,
        )
        for note in dataset.notes:
            self.say(note)
        return dataset

    @cached_property
    def layout(self) -> contest.Layout:
        """The places of the parts of the raw data."""
        folder = self.folder
        return contest.competition_of(self.spec).locate(folder, self.spec)

    @cached_property
    def folder(self) -> Path:
        """The raw data as a folder; zip files are checked and unpacked first."""
        return _unpacked(self, self.data)

    def accepted(self) -> frozenset[str]:
        """Return the image ids that `tools data audit --accept` leaves out of these data."""
        if not self.accepted_path.exists():
            return frozenset()
        return frozenset(jobs.read_json(self.accepted_path).get(str(self.data.resolve()), ()))


def _unpacked(place: Workplace, data: Path) -> Path:
    """Return a folder unchanged, or the folder of a checked and unpacked zip file."""
    if data.is_dir() and not any(map(_needs_a_look, data.iterdir())):
        return data
    unpacked = place.paths.downloads / data.stem
    return kagglegate.adopt(data, unpacked, report=place.report, count=False).path


def _needs_a_look(entry: Path) -> bool:
    """Return whether it is a zip file, or hidden, as the manifest of a download is."""
    return entry.suffix == ".zip" or entry.name.startswith(".")
