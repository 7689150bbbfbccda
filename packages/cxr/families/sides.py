"""Feature tables with one row per side of the chest, for classifiers of single sides."""

from pathlib import Path

import numpy as np
import pandas as pd

import jobs
from cxr.families.ridges import Ridges
from imagefeatures import ImageStack, extract

SIDES = ("left", "right")
"""Halves of the image as displayed."""


def extract_sides(
    stack: ImageStack,
    *,
    family: Ridges | None = None,
    workers: int | None = None,
    report: jobs.Report = jobs.silent,
    cache_dir: str | Path,
) -> dict[str, pd.DataFrame]:
    """Return the features of both sides of all images in `stack`, cached as in `extract`.

    Returns:
        tables of the left and right sides as in `by_side`.

    Raises:
        ValueError: an image is not uint8 `(h, w)`.
    """
    family = Ridges() if family is None else family
    table = extract(stack, families=[family], workers=workers, report=report, cache_dir=cache_dir)
    return by_side(table, family)


def by_side(table: pd.DataFrame, family: Ridges) -> dict[str, pd.DataFrame]:
    """Return one feature table per side from the cells of whole images.

    The right half is mirrored, so that one classifier can be trained on both sides.

    Args:
        table: features of `family` as returned by `extract`.
        family: family of the columns.

    Returns:
        "left" and "right" half of the image -> float32 table `(n, k)`, indexed like `table`.
        Columns are `<map>_own_r<row>c<column>`, the cells of that half with column 0 at the edge
        of the image, and `<map>_apart_...`, own minus the mirrored cell of the other half.
    """
    cells, half = family.cells, family.cells // 2
    names = [f"{m}_r{r}c{c}" for m in family.maps for r in range(cells) for c in range(cells)]
    values = table[[f"{family.name}_{name}" for name in names]].to_numpy(np.float32)
    grid = values.reshape(len(table), len(family.maps), cells, cells)
    signs = np.array(list(family.maps.values()), np.float32)[:, None, None]
    left, right = (part[..., :half] for part in (grid, grid[..., ::-1] * signs))
    columns = [
        f"{m}_{kind}_r{r}c{c}"
        for kind in ("own", "apart")
        for m in family.maps
        for r in range(cells)
        for c in range(half)
    ]
    return {
        side: pd.DataFrame(
            np.stack([own, own - other], axis=1).reshape(len(table), -1), table.index, columns
        )
        for side, own, other in zip(SIDES, (left, right), (right, left), strict=True)
    }
