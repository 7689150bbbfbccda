"""Small data sets of the TGS competition, with any ids, and lines of their tables to change."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import contest

SPEC = contest.load("tgs_salt")
TABLES = ("train.csv", "depths.csv", "sample_submission.csv", "test-truth.csv")
ODD = (
    "000e218f21", "1e10", "0123456789", "1e5", "inf", "nan", "NA", "true", "-7", "0x1F", "None",
    "1_000", "1.0", "2018-07-19",
)  # fmt: skip
"""Texts that programs take for numbers, missing values, truth values or dates."""


def draw(folder: Path, *, images: int, test: int, seed: int = 0) -> Path:
    """Write synthetic sections and return their folder."""
    contest.optional(SPEC, "synthesize")(folder, images=images, test=test, seed=seed)
    return folder


def copy(data: Path, to: Path) -> Path:
    """Copy a data set and return the copy."""
    return Path(shutil.copytree(data, to))


def ids(data: Path, part: str = "train") -> list[str]:
    """Return the ids of a part, sorted."""
    return sorted(path.stem for path in (data / part / "images").iterdir())


def rename(data: Path, names: Mapping[str, str]) -> None:
    """Give images other ids, in files and tables."""
    for path in [one for one in data.rglob("*.png") if one.stem in names]:
        path.rename(path.with_stem(names[path.stem]))
    for table in TABLES:
        change(data / table, lambda image_id, cell: (names.get(image_id, image_id), cell))


def odd(data: Path, *, train: int = 9) -> None:
    """Give the first images of both parts the ids `ODD`, `train` of them in training."""
    known = [*ids(data)[:train], *ids(data, "test")]
    rename(data, dict(zip(known, ODD, strict=False)))


def rows(path: Path) -> list[tuple[str, str]]:
    """Return the two cells of every row below the header of a table."""
    lines = [line.partition(",") for line in path.read_text().splitlines()[1:]]
    return [(one, other) for one, _, other in lines]


def write_rows(path: Path, cells: Sequence[tuple[str, str]]) -> None:
    """Replace all rows below the header."""
    header = path.read_text().splitlines()[0]
    path.write_text("\n".join([header, *(",".join(pair) for pair in cells)]) + "\n")


def change(path: Path, made: Callable[[str, str], tuple[str, str]]) -> None:
    """Replace both cells of every row."""
    write_rows(path, [made(*pair) for pair in rows(path)])
