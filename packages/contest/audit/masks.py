"""Checks of masks: stripes, few pixels, nearly whole images, and bit depths of mask pictures."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

import rlemask
from contest._errors import shown
from contest.audit.findings import Findings
from contest.data.layout import Layout
from contest.tables.mask_pictures import bit_depths

FEW, FEW_OF_MEDIAN = 0.002, 0.01
"""A mask of few pixels has at most this share of the image and of the median mask.

The second share keeps small objects of a competition whose masks are all small."""
WHOLE = 0.99
"""A mask that covers more than this share of the image covers nearly all of it."""


def areas_of(masks: Mapping[str, rlemask.Runs]) -> pd.Series:
    """Return the pixels of every mask, int64, indexed by image id."""
    index = pd.Index(list(masks), dtype="str", name="image_id")
    return pd.Series([mask.area for mask in masks.values()], index, dtype="int64")


def check_shapes(masks: Mapping[str, rlemask.Runs], areas: pd.Series, log: Findings) -> None:
    """Warn of masks that are stripes, have few pixels or cover nearly the whole image."""
    positive = areas[areas > 0]
    few = FEW_OF_MEDIAN * float(positive.median()) if len(positive) else 0.0
    for image_id, area in positive.items():
        mask, name = masks[str(image_id)], str(image_id)
        share = area / mask.size
        if kind := mask.stripes():
            log.warn("stripes", name, f"its mask consists of {kind} stripes, {share:.1%} in all")
        if share <= FEW and area <= few:
            log.warn("few pixels", name, f"its mask has {area:,} of {mask.size:,} pixels")
        if share > WHOLE:
            log.warn("whole image", name, f"its mask covers {share:.2%} of the image")


def check_bit_depths(layout: Layout, areas: pd.Series, cache: Path, log: Findings) -> None:
    """Warn of mask pictures whose bit depth differs and of a depth that reveals empty masks.

    Args:
        areas: pixels of each mask, indexed by image id.
        cache: with the table of the pictures.
    """
    if layout.masks is None or layout.train is None:
        return
    depths = bit_depths(layout.masks, layout.train.ids, cache)
    if depths.nunique() < 2:
        return
    counts = [
        f"{len(ids):,} of {depth} bits, first {shown(ids[0])}"
        for depth, ids in depths.groupby(depths).groups.items()
    ]
    known = depths[depths.index.isin(areas.index)]
    empty = (areas[known.index] == 0).groupby(known)
    told = empty.nunique().eq(1).all() and empty.first().nunique() == 2
    tail = "; the depth alone tells which masks are empty" if told else ""
    log.warn("bit depth", "", f"{'; '.join(counts)}{tail}")
