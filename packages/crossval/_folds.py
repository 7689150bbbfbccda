"""Folds: stratified by label and mask area, grouped if groups are known."""

from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

import jobs
from crossval._errors import FoldError

BANDS = 4
"""Number of strata of the mask area among the positive images (quartiles)."""


def make_folds(
    labels: pd.Series, groups: pd.Series | None = None, n_splits: int = 5, seed: int = 0
) -> pd.Series:
    """Return the fold of every image.

    Folds are balanced in the share of positive images and in mask area. With `groups`, all images
    of a group (a patient) are in one fold, by scikit-learn's `StratifiedGroupKFold`, otherwise by
    `StratifiedKFold`. The order of the rows does not matter.

    Args:
        labels: indexed by image id; 0 for a negative image, the mask area (or 1) for a positive.
        groups: group of every image in `labels`, indexed by image id; other ids are ignored.
        n_splits: number of folds, at least 2.
        seed: seed of the shuffling.

    Returns:
        int64 Series named "fold", indexed by image id in sorted order, values 0..n_splits-1.

    Raises:
        FoldError: duplicate ids, missing labels or groups, or fewer images or groups of a class
            than folds.
    """
    if n_splits < 2:
        raise ValueError(f"n_splits must be at least 2, not {n_splits}")
    labels = labels.sort_index()
    if groups is not None:
        _refuse(_doubled("the table of groups", groups))
        groups = groups.reindex(labels.index)
    _refuse(_faults(labels, groups, n_splits))
    # At least n_splits images per band.
    bands = size_bands(labels, min(BANDS, max(1, int((labels > 0).sum()) // n_splits)))
    splitter = StratifiedKFold if groups is None else StratifiedGroupKFold
    split = splitter(n_splits, shuffle=True, random_state=seed).split(bands, bands, groups)
    folds = pd.Series(0, index=labels.index.astype(str), name="fold", dtype="int64")
    folds.index.name = "image_id"
    for fold, (_, held_out) in enumerate(split):
        folds.iloc[held_out] = fold
    _refuse(_lopsided(folds, (labels > 0).to_numpy()))
    return folds


def size_bands(areas: pd.Series, n_bands: int = BANDS) -> pd.Series:
    """Return 0 for negatives and 1..n_bands for positives by quantile of their area (int64)."""
    positive = areas > 0
    bands = pd.Series(0, index=areas.index, dtype="int64")
    if positive.any():
        ranks = areas[positive].rank(method="first", pct=True)
        bands[positive] = np.ceil(ranks * n_bands).astype("int64").clip(1, n_bands)
    return bands


def fold_digest(folds: pd.Series) -> str:
    """Return the digest of the assignment of images to folds, 12 hexadecimal characters."""
    ordered = folds.sort_index()
    return jobs.digest(list(ordered.index), ordered.tolist())[:12]


def write_folds(folds: pd.Series, folder: Path) -> Path:
    """Write `folds` to ``folder/<digest>.csv`` and return the path."""
    path = folder / f"{fold_digest(folds)}.csv"
    with jobs.writing(path) as temporary:
        folds.sort_index().to_csv(temporary)
    return path


def read_folds(path: Path, digest: str | None = None) -> pd.Series:
    """Read folds written by `write_folds` or a run.

    Args:
        digest: of the folds; None takes it from the file name.

    Raises:
        FoldError: there is no such file, or its content does not match the digest.
    """
    try:
        table = pd.read_csv(path, dtype={"image_id": str}, keep_default_na=False)
        folds = table.set_index("image_id")["fold"]
        sound = fold_digest(folds) == (path.stem if digest is None else digest)
    except (OSError, ValueError, KeyError) as error:
        raise FoldError(f"{path} cannot be read as folds ({error}): make them again") from None
    if not sound:
        raise FoldError(f"{path} was changed after it was written: delete it and run again")
    return folds


def _faults(labels: pd.Series, groups: pd.Series | None, n_splits: int) -> list[str]:
    faults = _doubled("the labels", labels)
    if labels.isna().any():
        faults.append(f"{labels.isna().sum()} images have no label")
    if groups is not None and groups.isna().any():
        faults.append(
            f"{groups.isna().sum()} images have no group in the table of groups, "
            f"first {groups.index[groups.isna()][0]}"
        )
    if faults:
        return faults
    units = labels.index.to_series(index=labels.index) if groups is None else groups
    word = "images" if groups is None else "groups"
    for name, chosen in (("positive", labels > 0), ("negative", ~(labels > 0))):
        found = units[chosen].nunique()
        if found < n_splits:
            faults.append(f"{found} {name} {word} cannot fill {n_splits} folds")
    return faults


def _doubled(where: str, table: pd.Series) -> list[str]:
    count = table.index.duplicated().sum()
    return [f"{count} image ids occur twice in {where}"] if count else []


def _lopsided(folds: pd.Series, positive: np.ndarray) -> list[str]:
    """Return the fault of folds with a single class, which unequal group sizes may cause."""
    found = pd.crosstab(folds.to_numpy(), positive)
    bad = found.index[(found == 0).any(axis=1)].tolist()
    which = ", ".join(map(str, bad))
    remedy = "choose another seed or fewer folds"
    return [f"fold {which} would contain one class only: {remedy}"] if bad else []


def _refuse(faults: list[str]) -> None:
    if faults:
        raise FoldError("no folds can be made: " + "; ".join(faults))
