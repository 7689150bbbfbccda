"""Locating the parts of a competition's data below a folder."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from contest._errors import DataError
from contest.spec.spec import Spec

DEPTH = 6
"""Maximum number of nested folders that a download, mirror or cache adds around the data."""
MOST = 50
"""Maximum number of entries of such a folder; folders of images have more."""
TABLE = ".csv"
PACKED = (".gz", ".zip")
"""Extensions of packed tables, see `read_text`."""
ABOVE, SEVERAL = 4, 3
"""Number of folders above the given one in which the data are looked for, to name them, and number
of parts by which they are recognised without images of both kinds."""
LITTER = "__MACOSX"
"""The folder of metadata that macOS adds to zip files."""
VERSIONS = "versions"
"""The folder in which kagglehub stores each version of a data set under its number."""


@dataclass(frozen=True)
class Images:
    """The image files of one part.

    Attributes:
        folder: searched recursively.
        ids: image id by file name, for the files of the part; None: all files, and the id is the
            name without its extension.
    """

    folder: Path
    ids: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Layout:
    """The parts of a competition's data found by `locate`; missing ones are None.

    Attributes:
        root: the folder that contains them.
        train, test: image files.
        annotations: table of masks.
        masks: folder of mask pictures with the names of the images.
        sample: sample submission.
        groups: table of groups, which folds keep together.
        facts: table of facts about the images.
        notes: remarks about the data for the user, one line each.
    """

    root: Path
    train: Images | None = None
    test: Images | None = None
    annotations: Path | None = None
    masks: Path | None = None
    sample: Path | None = None
    groups: Path | None = None
    facts: Path | None = None
    notes: Sequence[str] = field(default=())


def locate(root: Path, spec: Spec, *, test_only: bool = False) -> Layout:
    """Return the first existing place of each part of `spec.data` below `root`.

    The data may be some folders deeper, as in unpacked downloads and caches.

    Raises:
        DataError: lists the missing parts and the places searched.
    """
    root, found = best_root(root, spec)
    layout = Layout(
        root,
        train=None if "train_images" not in found else Images(found["train_images"]),
        test=None if "test_images" not in found else Images(found["test_images"]),
        annotations=found.get("annotations"),
        masks=found.get("masks"),
        sample=found.get("sample_submission"),
        groups=found.get("groups"),
        facts=found.get("facts"),
    )
    check(layout, spec, test_only=test_only)
    return layout


def check(layout: Layout, spec: Spec, *, test_only: bool = False) -> None:
    """Check that a layout has images, and masks for training.

    Raises:
        DataError: lists everything that is missing and the places searched.
    """
    there = {
        "train_images": layout.train is not None or test_only,
        "test_images": layout.test is not None,
        "annotations": bool(layout.annotations or layout.masks) or test_only,
    }
    missing = [part for part, known in there.items() if not known]
    if missing:
        places = "; ".join(f"{part.replace('_', ' ')} ({_places(part, spec)})" for part in missing)
        raise DataError(f"{layout.root} lacks {places}: {_remedy(layout.root, spec)}")


def _remedy(root: Path, spec: Spec) -> str:
    """Return what to do: the data folder above `root` is named, if there is one."""
    return f"point --data at {folder_above(root, spec) or 'the data folder'}"


def folder_above(root: Path, spec: Spec) -> Path | None:
    """Return the nearest folder above `root` that is the data folder; None if there is none.

    One with annotations or mask pictures is preferred.
    """
    found = {folder: parts_in(folder, spec).keys() for folder in root.resolve().parents[:ABOVE]}
    likely = [
        folder
        for folder, parts in found.items()
        if parts >= {"train_images", "test_images"} or len(parts) >= SEVERAL
    ]
    complete = (folder for folder in likely if found[folder] & {"annotations", "masks"})
    return next(complete, likely[0] if likely else None)


def best_root(root: Path, spec: Spec) -> tuple[Path, dict[str, Path]]:
    """Return the folder at or below `root` with most parts, of equal ones the uppermost.

    Missing tables and mask pictures are taken from the folders around it, up to `root`.
    """
    if (found := parts_in(root, spec)).keys() >= {"train_images", "test_images"}:
        return root, found
    counted = {folder: parts_in(folder, spec) for folder in _wrappings(root, DEPTH)}
    best = max(counted, key=lambda folder: len(counted[folder]))
    found = counted[best]
    for around in best.parents:
        beside = counted.get(around, {})
        found = {part: beside[part] for part in beside if not part.endswith("_images")} | found
    return best, {part: found[part] for part in spec.data if part in found}


def parts_in(root: Path, spec: Spec) -> dict[str, Path]:
    """Return the first existing place of every part of `spec.data` directly below `root`.

    A table may be packed, as ``train.csv.gz`` or ``train.csv.zip``, or be the file ``train.csv`` in
    a folder of that name, as some programs unpack it.
    """
    hits = {
        part: next(filter(None, (_existing(root / place) for place in places)), None)
        for part, places in spec.data.items()
    }
    return {part: path for part, path in hits.items() if path is not None}


def _existing(place: Path) -> Path | None:
    """Return a file or folder in the form in which it exists, or None."""
    if place.suffix.lower() != TABLE:
        return place if place.exists() else None
    packed = [place.with_name(place.name + suffix) for suffix in PACKED]
    forms = [place, *packed, place / place.name]
    return next((form for form in forms if form.is_file()), None)


def newest(folders: Sequence[Path]) -> list[Path]:
    """Return the one folder with the greatest number as its name; all if none is a number."""
    numbered = [one for one in folders if one.name.isdecimal()]
    return [max(numbered, key=lambda one: int(one.name))] if numbered else list(folders)


def _wrappings(folder: Path, depth: int) -> Iterator[Path]:
    """Yield `folder` and the folders below it that may contain the data."""
    yield folder
    if not depth or not folder.is_dir():
        return
    entries = sorted(folder.iterdir())
    if len(entries) > MOST:
        return
    inner = [one for one in entries if _may_hold_data(one)]
    for one in newest(inner) if folder.name == VERSIONS else inner:
        yield from _wrappings(one, depth - 1)


def _may_hold_data(entry: Path) -> bool:
    return entry.is_dir() and entry.name != LITTER and not entry.name.startswith(".")


def _places(part: str, spec: Spec) -> str:
    places = [*spec.data.get(part, ())]
    if part == "annotations":
        places += spec.data.get("masks", ())
    return " or ".join(places) if places else "competition.toml names no place"
