"""AUC and score of subgroups of the images: by a fact such as the view, and by mask area."""

import itertools
import math
from typing import Any

import numpy as np
import pandas as pd

from crossval._folds import BANDS, size_bands
from crossval._ranking_metrics import area_under_roc, auc_interval

UNKNOWN = "unknown"


def subgroup_table(
    areas: pd.Series,
    p: pd.Series,
    kinds: pd.DataFrame,
    groups: pd.Series | None = None,
    *,
    size_count: int = BANDS,
    seed: int = 0,
) -> list[dict[str, Any]]:
    """Return the AUC of every subgroup and of every band of mask area.

    A row compares the positive with the negative images of one subgroup; a row of the kind
    "mask area" compares the positive images of one quantile of the area with all negatives, which
    are not counted in its `images`. The images of a kind add up to all images, those of the mask
    area to all positives.

    Args:
        areas: mask area in pixels, 0 = negative, indexed by image id.
        p: probabilities with these ids.
        kinds: a column per kind ("view", "sex", …), the subgroup of every image as text,
            missing = "unknown".
        groups: of images, such as patients, with these ids, for the intervals; see `auc_interval`.
        size_count: bands of mask area.

    Returns:
        A row per subgroup: kind, group, images, positives, auc, auc_interval (None if a class is
        missing).
    """
    positive = (areas > 0).astype("int64")
    rows = []
    for kind in kinds:
        named = _named(kinds[kind], areas.index)
        rows += [
            {"kind": kind, "group": name, **_row(positive[named == name], p, groups, seed)}
            for name in sorted(set(named), key=_unknown_last)
        ]
    return rows + _size_rows(areas, p, groups, size_count, seed)


def score_table(
    areas: pd.Series, scored: pd.DataFrame, kinds: pd.DataFrame, *, size_count: int = BANDS
) -> list[dict[str, Any]]:
    """Return the score of every subgroup and of every band of mask area, and its components.

    Args:
        areas: mask area in pixels, 0 = negative, indexed by image id.
        scored: score (the metric of the image) and predicted (whether it gets a mask), with these
            ids.
        kinds: as in `subgroup_table`.
        size_count: bands of mask area.

    Returns:
        A row per subgroup: kind, group, images, positives, score, specificity (share of the
        negatives without a mask), recall (share of the positives with a mask), positive_score;
        None if there are no such images.
    """
    rows = []
    for kind in kinds:
        named = _named(kinds[kind], areas.index)
        rows += [
            {"kind": kind, "group": name, **_score_row(areas[named == name], scored)}
            for name in sorted(set(named), key=_unknown_last)
        ]
    for name, sizes in _size_bands(areas, size_count):
        rows.append({"kind": "mask area", "group": name, **_score_row(sizes, scored)})
    return rows


def bands_of(values: pd.Series, edges: list[int], unit: str = "") -> pd.Series:
    """Return the band of every value as text: "0–17", "18–39", …, "60+"; missing stays missing.

    Args:
        values: numbers.
        edges: lower edges of the bands, ascending; smaller values become missing.
    """
    names = [f"{low}–{high - 1}" for low, high in itertools.pairwise(edges)]
    names = [f"{name}{unit}" for name in [*names, f"{edges[-1]}+"]]
    numbers = pd.to_numeric(values).astype("Float64").astype(np.float64)
    place = np.searchsorted(edges, numbers.fillna(-math.inf).to_numpy(), side="right") - 1
    texts = [names[one] if one >= 0 else None for one in place]
    return pd.Series(texts, index=values.index, dtype=object)


def _named(kind: pd.Series, ids: pd.Index) -> pd.Series:
    named = kind.reindex(ids).astype(object)
    return named.where(named.notna(), UNKNOWN).astype(str)


def _size_bands(areas: pd.Series, count: int) -> list[tuple[str, pd.Series]]:
    """Return name and areas of each band of mask area."""
    bands = size_bands(areas, min(count, max(1, int((areas > 0).sum()))))
    parts = [areas[bands == band] for band in sorted(set(bands[bands > 0]))]
    return [(f"{sizes.min():,}–{sizes.max():,} px", sizes) for sizes in parts]


def _size_rows(
    areas: pd.Series, p: pd.Series, groups: pd.Series | None, count: int, seed: int
) -> list[dict[str, Any]]:
    rows = []
    for name, sizes in _size_bands(areas, count):
        chosen = areas[areas.index.isin(sizes.index) | (areas == 0)]
        row = _row((chosen > 0).astype("int64"), p, groups, seed)
        rows.append({"kind": "mask area", "group": name, **row, "images": len(sizes)})
    return rows


def _score_row(areas: pd.Series, scored: pd.DataFrame) -> dict[str, Any]:
    own, positive = scored.loc[areas.index], areas > 0
    drawn = own["predicted"].astype(float)
    return {
        "images": len(own),
        "positives": int(positive.sum()),
        "score": _mean(own["score"]),
        "specificity": _mean(1 - drawn[~positive]),
        "recall": _mean(drawn[positive]),
        "positive_score": _mean(own["score"][positive]),
    }


def _mean(values: pd.Series) -> float | None:
    return float(values.mean()) if len(values) else None


def _row(positive: pd.Series, p: pd.Series, groups: pd.Series | None, seed: int) -> dict[str, Any]:
    auc = area_under_roc(positive.to_numpy(), p.loc[positive.index].to_numpy())
    known = not math.isnan(auc)
    return {
        "images": len(positive),
        "positives": int(positive.sum()),
        "auc": auc if known else None,
        "auc_interval": list(auc_interval(positive, p, groups, seed=seed)) if known else None,
    }


def _unknown_last(name: str) -> tuple[bool, str]:
    return name == UNKNOWN, name
