"""Where the parts of a competition's data lie below a folder."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from contest._errors import DataError
from contest.spec.spec import Spec

DEPTH = 6
"""Folders that downloads, mirrors and caches put around the data, at most."""
MOST = 50
"""Entries of a folder that may be such a wrapping; folders of images have more."""
VERSIONS = "versions"
"""The folder in which kagglehub keeps a data set once for each version, named by its number."""


@dataclass(frozen=True)
class Images:
    """The image files of one part.

    Attributes:
        folder: searched at every depth.
        ids: image id by name of file, of the files that belong to the part; None: all files do,
            and the id is the name without its extension.
    """

    folder: Path
    ids: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Layout:
    """The parts of a competition's data, as `locate` found them; what is not there is None.

    Attributes:
        root: the folder that holds them.
        train, test: image files.
        annotations: table of masks.
        masks: folder of mask pictures, named as the images are.
        sample: sample submission.
        groups: table of groups, which folds keep together.
        facts: table of facts about the images.
        notes: what a person should know of such data, one line each.
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
    """Return where the parts of `spec.data` lie below `root`; the first place that is there counts.

    The data may lie some folders deeper, as unpacked downloads and caches have them.

    Raises:
        DataError: names the parts that are missing and the places looked at.
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
    """Refuse a layout without images, or without any masks to learn from.

    Raises:
        DataError: names everything that is missing and the places looked at.
    """
    there = {
        "train_images": layout.train is not None or test_only,
        "test_images": layout.test is not None,
        "annotations": bool(layout.annotations or layout.masks) or test_only,
    }
    missing = [part for part, known in there.items() if not known]
    if missing:
        places = "; ".join(f"{part.replace('_', ' ')} ({_places(part, spec)})" for part in missing)
        raise DataError(f"{layout.root} lacks {places}: point --data at the data folder")


def best_root(root: Path, spec: Spec) -> tuple[Path, dict[str, Path]]:
    """Return the folder at or below `root` that holds most parts, the highest of equal ones.

    Tables and mask pictures that it lacks are taken from the folders around it, up to `root`.
    """
    if (found := parts_in(root, spec)).keys() >= {"train_images", "test_images"}:
        return root, found
    counted = {folder: parts_in(folder, spec) for folder in _wrappings(root, DEPTH)}
    best = max(counted, key=lambda folder: len(counted[folder]))
    found = counted[best]
    for around in best.parents:
        beside = counted.get(around, {})
        found = {part: beside[part] for part in beside if not part.endswith("_images")} | found
    return best, found


def parts_in(root: Path, spec: Spec) -> dict[str, Path]:
    """Return the first place that is there of every part of `spec.data` below `root` itself."""
    hits = {
        part: next((root / place for place in places if (root / place).exists()), None)
        for part, places in spec.data.items()
    }
    return {part: path for part, path in hits.items() if path is not None}


def newest(folders: Sequence[Path]) -> list[Path]:
    """Return the one folder with the greatest number as its name; all if none is a number."""
    numbered = [one for one in folders if one.name.isdecimal()]
    return [max(numbered, key=lambda one: int(one.name))] if numbered else list(folders)


def _wrappings(folder: Path, depth: int) -> Iterator[Path]:
    """Yield `folder` and the folders below it that may be wrapped around the data."""
    yield folder
    if not depth or not folder.is_dir():
        return
    entries = sorted(folder.iterdir())
    if len(entries) > MOST:
        return
    inner = [one for one in entries if one.is_dir() and not one.name.startswith(".")]
    for one in newest(inner) if folder.name == VERSIONS else inner:
        yield from _wrappings(one, depth - 1)


def _places(part: str, spec: Spec) -> str:
    places = [*spec.data.get(part, ())]
    if part == "annotations":
        places += spec.data.get("masks", ())
    return " or ".join(places) if places else "competition.toml names no place"
