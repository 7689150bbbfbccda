"""Synthetic images: noise with one bright blob or none."""

from pathlib import Path

import numpy as np

import drawing
import jobs
import rlemask

SIDE = 50
Row = tuple[str, str, int]
"""Image id, run-length text of the mask, depth."""


def synthesize(
    out: Path, *, images: int, test: int, seed: int, report: jobs.Report = jobs.silent
) -> int:
    """Write images, masks, depths and sample to the new folder `out`; return the positives."""
    rng = np.random.default_rng(seed)
    with jobs.writing_folder(out) as folder:
        train = [_draw(folder / "train", f"a{number:03}", rng) for number in range(images)]
        hidden = [_draw(folder / "test", f"b{number:03}", rng) for number in range(test)]
        report("pictures", images + test, images + test, {})
        _write(folder / "train.csv", "id,rle_mask", [row[:2] for row in train])
        _write(folder / "test-truth.csv", "id,rle_mask", [row[:2] for row in hidden])
        _write(folder / "sample_submission.csv", "id,rle_mask", [(row[0], "") for row in hidden])
        _write(folder / "depths.csv", "id,z", [(row[0], row[2]) for row in train + hidden])
    return sum(bool(rle) for _, rle, _ in train)


def _draw(folder: Path, name: str, rng: np.random.Generator) -> Row:
    """Draw a disc that is brighter than the noise around it into every second image."""
    down, across = np.mgrid[:SIDE, :SIDE]
    (top, left), radius = rng.integers(15, 35, 2), int(rng.integers(9, 15))
    disc = np.hypot(down - top, across - left) < radius
    mask = (disc if int(name[1:]) % 2 else np.zeros_like(disc)).astype(np.uint8)
    picture = rng.integers(20, 90, (SIDE, SIDE)) + 150 * mask
    folder.mkdir(exist_ok=True)
    drawing.write_png(folder / f"{name}.png", picture.astype(np.uint8))
    return name, rlemask.encode(mask, "kaggle"), int(rng.integers(0, 1000))


def _write(path: Path, header: str, rows: list[tuple[object, ...]]) -> None:
    lines = [header, *(",".join(map(str, row)) for row in rows)]
    jobs.write_text(path, "\n".join(lines) + "\n")
