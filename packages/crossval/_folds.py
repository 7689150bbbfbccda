"""Folds: stratified by label and mask area, grouped if groups are known."""

from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

import jobs
from crossval._errors import FoldError

NO_FOLDS = "no folds can be made"
SEEDS = 20
"""Number of seeds that are tried to name one with which folds can be made."""
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
            than folds; the message names a number of folds or a seed with which it works.
    """
    if n_splits < 2:
        raise ValueError(f"n_splits must be at least 2, not {n_splits}")
    labels = labels.sort_index()
    if groups is not None:
        _refuse(_doubled("the table of groups", groups))
        groups = groups.reindex(labels.index)
    _refuse(_faults(labels, groups))
    few = _few(labels, groups)
    folds = None if min(few.values()) < n_splits else _split(labels, groups, n_splits, seed)
    if folds is None:
        reason = f"{NO_FOLDS}: {_reason(few, groups, n_splits, seed)}"
        fewer = _fewer(labels, groups, n_splits, seed)
        raise FoldError(reason, _remedy(labels, groups, n_splits, seed, fewer), fewer)
    return folds


def _split(
    labels: pd.Series, groups: pd.Series | None, n_splits: int, seed: int
) -> pd.Series | None:
    """Return the folds of sorted `labels`; None if a fold would contain one class only."""
    # At least n_splits images per band.
    bands = size_bands(labels, min(BANDS, max(1, int((labels > 0).sum()) // n_splits)))
    splitter = StratifiedKFold if groups is None else StratifiedGroupKFold
    split = splitter(n_splits, shuffle=True, random_state=seed).split(bands, bands, groups)
    folds = pd.Series(0, index=labels.index.astype(str), name="fold", dtype="int64")
    folds.index.name = "image_id"
    for fold, (_, held_out) in enumerate(split):
        folds.iloc[held_out] = fold
    counts = pd.crosstab(folds.to_numpy(), (labels > 0).to_numpy())
    return folds if counts.shape == (n_splits, 2) and (counts > 0).all(axis=None) else None


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


def _faults(labels: pd.Series, groups: pd.Series | None) -> list[str]:
    faults = _doubled("the labels", labels)
    if labels.isna().any():
        faults.append(f"{labels.isna().sum()} images have no label")
    if groups is not None and groups.isna().any():
        faults.append(
            f"{groups.isna().sum()} images have no group in the table of groups, "
            f"first {groups.index[groups.isna()][0]}"
        )
    return faults


def _few(labels: pd.Series, groups: pd.Series | None) -> dict[str, int]:
    """Return the number of images, or of groups, with a positive and with a negative image."""
    units = labels.index.to_series(index=labels.index) if groups is None else groups
    return {
        name: int(units[chosen].nunique())
        for name, chosen in (("positive", labels > 0), ("negative", ~(labels > 0)))
    }


def _reason(few: dict[str, int], groups: pd.Series | None, n_splits: int, seed: int) -> str:
    word = "images" if groups is None else "groups"
    short = [
        f"{count} {name} {word} cannot fill {n_splits} folds"
        for name, count in few.items()
        if count < n_splits
    ]
    if short:
        return "; ".join(short)
    return f"a fold of {n_splits} would contain one class only with seed {seed}"


def _fewer(labels: pd.Series, groups: pd.Series | None, n_splits: int, seed: int) -> int | None:
    """Return the greatest smaller number of folds that can be made; None if there is none."""
    most = min(*_few(labels, groups).values(), n_splits - 1)
    tried = range(most, 1, -1)
    return next((one for one in tried if _split(labels, groups, one, seed) is not None), None)


def _remedy(
    labels: pd.Series, groups: pd.Series | None, n_splits: int, seed: int, fewer: int | None
) -> str:
    """Return a way out that was tried: another seed, fewer folds, no groups; or more data."""
    if min(_few(labels, groups).values()) >= n_splits:
        for other in range(seed + 1, seed + 1 + SEEDS):
            if _split(labels, groups, n_splits, other) is not None:
                return f"add --fold-seed {other}"
    if fewer is not None:
        return f"add --folds {fewer}"
    if groups is not None and min(_few(labels, None).values()) >= 2:
        return "join no images to groups (remove the table of groups), or add data"
    return "add images: 2 folds need 2 positive and 2 negative ones"


def _doubled(where: str, table: pd.Series) -> list[str]:
    count = table.index.duplicated().sum()
    return [f"{count} image ids occur twice in {where}"] if count else []


def _refuse(faults: list[str]) -> None:
    if faults:
        raise FoldError(f"{NO_FOLDS}: {'; '.join(faults)}")
