"""Where things lie: the home of everything the program writes, the data, the submissions."""

import os
from dataclasses import dataclass
from pathlib import Path

DEFAULT_HOME = ".artifacts"


@dataclass(frozen=True)
class Paths:
    """The folders of one competition's work.

    Attributes:
        home: everything the program writes, except submissions.
        given_data: the raw data folder or zip the user named, or None.
        submissions: the ledger and one folder per submission.
    """

    home: Path
    given_data: Path | None
    submissions: Path

    @classmethod
    def resolve(cls, home: Path | None, data: Path | None) -> "Paths":
        """Take what the user gave, else TOOLS_HOME, TOOLS_DATA, TOOLS_SUBMISSIONS, or defaults."""
        return cls(
            home=home or Path(os.environ.get("TOOLS_HOME") or DEFAULT_HOME),
            given_data=data or _path_of("TOOLS_DATA"),
            submissions=_path_of("TOOLS_SUBMISSIONS") or Path("submissions"),
        )

    @property
    def cache(self) -> Path:
        """Frames and pixel caches."""
        return self.home / "cache"

    @property
    def features(self) -> Path:
        """Feature tables."""
        return self.home / "features"

    @property
    def folds(self) -> Path:
        """Fold tables, one per digest."""
        return self.home / "folds"

    @property
    def runs(self) -> Path:
        """Runs, one folder each."""
        return self.home / "runs"

    @property
    def blends(self) -> Path:
        """Blends, one JSON file each."""
        return self.home / "blends"

    @property
    def reports(self) -> Path:
        """Pages to look at."""
        return self.home / "reports"

    @property
    def tunings(self) -> Path:
        """Searches for settings, one folder each."""
        return self.home / "tunings"

    @property
    def downloads(self) -> Path:
        """Raw data that `tools data download` fetched."""
        return self.home / "data"

    @property
    def ledger(self) -> Path:
        """The record of all submissions."""
        return self.submissions / "ledger.jsonl"


def _path_of(variable: str) -> Path | None:
    value = os.environ.get(variable)
    return Path(value) if value else None
