"""The folders of the program: home, data, submissions."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

DEFAULT_HOME = ".artifacts"
KAGGLE_INPUT = Path("/kaggle/input")
"""The folder of the inputs of a notebook at Kaggle."""


@dataclass(frozen=True)
class Paths:
    """The folders that a command uses.

    Attributes:
        home: everything that the program writes, except submissions.
        given_data: the raw data folder or zip file given by the user, or None.
        submissions: the ledger and one folder per submission.
    """

    home: Path
    given_data: Path | None
    submissions: Path

    @classmethod
    def resolve(cls, home: Path | None, data: Path | None) -> "Paths":
        """Take the given folders, else TOOLS_HOME, TOOLS_DATA, TOOLS_SUBMISSIONS, or defaults."""
        return cls(
            home=home or Path(os.environ.get("TOOLS_HOME") or DEFAULT_HOME),
            given_data=data or _path_of("TOOLS_DATA"),
            submissions=_path_of("TOOLS_SUBMISSIONS") or Path("submissions"),
        )

    @property
    def cache(self) -> Path:
        """Tables of images and pixel caches."""
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
    def tunings(self) -> Path:
        """Searches for settings, one folder each."""
        return self.home / "tunings"

    @property
    def downloads(self) -> Path:
        """Raw data downloaded by `tools data download`."""
        return self.home / "data"

    @property
    def ledger(self) -> Path:
        """The record of all submissions."""
        return self.submissions / "ledger.jsonl"


def data_folders(slug: str, mirrors: Sequence[str]) -> dict[Path, str]:
    """Return the folders outside the home that hold a competition or its mirrors, and their origin.

    In their order: the inputs of a notebook at Kaggle, then the cache of kagglehub. See
    `kagglehub_folders` for the arguments.
    """
    inputs = dict.fromkeys(notebook_inputs(slug, mirrors), "an input of this notebook")
    cached = dict.fromkeys(kagglehub_folders(slug, mirrors), "from the cache of kagglehub")
    return {**inputs, **cached}


def notebook_inputs(slug: str, mirrors: Sequence[str]) -> list[Path]:
    """Return the inputs of a notebook at Kaggle that hold a competition or its mirrors.

    Inputs lie in competitions/SLUG and datasets/OWNER/SLUG, in former notebooks in SLUG.
    """
    names = [f"competitions/{slug}", slug]
    for mirror in mirrors:
        names += [f"datasets/{mirror}", mirror.partition("/")[2]]
    return _with_files(KAGGLE_INPUT / name for name in names)


def kagglehub_folders(slug: str, mirrors: Sequence[str]) -> list[Path]:
    """Return the folders of kagglehub's cache that hold a competition or its mirrors.

    Args:
        slug: of the competition.
        mirrors: data sets, "owner/slug"; of each the newest version is taken.
    """
    base = _path_of("KAGGLEHUB_CACHE") or Path.home() / ".cache" / "kagglehub"
    found = [base / "competitions" / slug]
    for mirror in mirrors:
        versions = (base / "datasets" / mirror / "versions").glob("*")
        numbered = [one for one in versions if one.name.isdecimal()]
        found += sorted(numbered, key=lambda one: int(one.name))[-1:]
    return _with_files(found)


def _with_files(folders: Iterable[Path]) -> list[Path]:
    """Return the folders that exist and are not empty."""
    return [one for one in folders if one.is_dir() and any(one.iterdir())]


def _path_of(variable: str) -> Path | None:
    value = os.environ.get(variable)
    return Path(value) if value else None
