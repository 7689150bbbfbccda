"""Annotation rows of one image that overlap or contradict each other."""

from collections.abc import Iterator
from typing import NamedTuple

import pandas as pd

import rlemask
from contest.spec.spec import Spec


class Overlap(NamedTuple):
    """Annotation rows of one image whose masks share pixels.

    Attributes:
        image_id: of the image.
        rows: the lines of the file that share pixels with another line, ascending.
        pixels: number of pixels in more than one mask.
    """

    image_id: str
    rows: tuple[int, ...]
    pixels: int


def overlapping_rows(table: pd.DataFrame, spec: Spec) -> list[Overlap]:
    """Return the images whose annotation rows overlap, in the order of the table.

    In the union of the masks, which the competition uses, such pixels count once; the sum of the
    masks or the last row alone would be a different mask. Computed on the runs.

    Args:
        table: columns image_id and rle, indexed by line, as from `scan_annotations`; without
            its faulty rows.
    """
    found = []
    for image_id, rows in _several(table):
        runs = rlemask.parse_column(rows, spec.shape, spec.dialect)
        united = twice = runs[0] - runs[0]
        for one in runs:
            twice, united = twice | (united & one), united | one
        if len(twice):
            lines = [
                int(line) for line, one in zip(rows.index, runs, strict=True) if len(twice & one)
            ]
            found.append(Overlap(image_id, tuple(lines), twice.area))
    return found


def contradictory_rows(table: pd.DataFrame, spec: Spec) -> list[tuple[str, tuple[int, ...]]]:
    """Return the images with an empty row and a row with a mask: id and all its lines.

    The union is the mask. Args as for `overlapping_rows`.
    """
    found = []
    for image_id, rows in _several(table):
        areas = rlemask.area_column(rows, spec.shape, spec.dialect)
        if areas.any() and not areas.all():
            found.append((image_id, tuple(int(line) for line in rows.index)))
    return found


def _several(table: pd.DataFrame) -> Iterator[tuple[str, pd.Series]]:
    again = table[table["image_id"].duplicated(keep=False)]
    for image_id, rows in again.groupby("image_id", sort=False)["rle"]:
        yield str(image_id), rows
