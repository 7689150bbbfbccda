"""What a data folder of this competition is: which of the known layouts, and what it lacks."""

from collections import Counter
from pathlib import Path
from typing import Any

import contest
import jobs

PICTURES = (".png", ".jpg", ".jpeg")


def describe(root: Path, spec: contest.Spec) -> dict[str, Any]:
    """Return the layout of a data folder in words, what it holds, and what it lacks.

    Keys: layout (one line), train_images and test_images (numbers of DICOM files), lacks (parts
    that are not there, with what to do; empty where the data are whole). Nothing is refused.
    """
    found = {part: _first(root, places) for part, places in spec.data.items()}
    counts = {part: len(_dicoms(found[part])) for part in ("train_images", "test_images")}
    pictures = sum(_suffixes(root)[suffix] for suffix in PICTURES)
    mirror = pictures > 0 and not any(counts.values())
    lacks = [part for part, path in found.items() if path is None and part != "patients"]
    words = [_pictures(pictures)] if mirror else _words(root, found)
    return {
        "layout": ", ".join(words) or "no layout of this competition",
        **counts,
        "lacks": [f"{part.replace('_', ' ')}: {_remedy(part, mirror)}" for part in lacks],
    }


def _first(root: Path, places: tuple[str, ...]) -> Path | None:
    return next((root / place for place in places if (root / place).exists()), None)


def _words(root: Path, found: dict[str, Path | None]) -> list[str]:
    """Return what is known of the layout, for instance "siim/ as root"."""
    words = []
    for part in ("train_images", "test_images"):
        folder = found[part]
        if folder is None:
            continue
        names = _dicoms(folder)
        above = folder.relative_to(root).parts[:-1]
        words += [f"{above[0]}/ as root"] if above and f"{above[0]}/ as root" not in words else []
        words.append(f"{part.replace('_', ' ')} {_shape(folder, names)}")
    annotations = found["annotations"]
    if annotations is not None:
        stage = 2 if annotations.name.startswith("stage_2") else 1
        words.append(f"annotations of stage {stage}")
    return words


def _shape(folder: Path, files: list[Path]) -> str:
    if not files:
        return "without a DICOM file"
    flat = all(path.parent == folder for path in files)
    ids = "stage-2 ids" if files[0].name.startswith("ID_") else "stage-1 ids"
    return f"{'flat' if flat else 'nested by study and series'} with {ids}"


def _pictures(count: int) -> str:
    return (
        f"a mirror of {count:,} pictures (PNG or JPEG) without a DICOM file: this program reads "
        "DICOM, get a mirror with .dcm files"
    )


def _remedy(part: str, mirror: bool) -> str:
    if part in ("train_images", "test_images") and not mirror:
        return "not in every download of the competition, get a mirror with --dataset owner/slug"
    return "get it from a mirror, or put it there"


def _dicoms(folder: Path | None) -> list[Path]:
    if folder is None:
        return []
    return [folder / one.name for one in jobs.files_below(folder, ".dcm")]


def _suffixes(root: Path) -> Counter[str]:
    return Counter(Path(one.name).suffix.lower() for one in jobs.files_below(root))
