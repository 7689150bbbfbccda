"""Patches of chest radiographs: features, models and summaries of their heat maps.

A patch is a cell of a 32 x 32 grid over the image. The right half of an image is mirrored, so that
the models are trained on both sides alike.
"""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import lightgbm as lgb
import numpy as np
import pandas as pd

import cxr
import imagestack
import jobs
from crossval import make_folds

CELLS, HALF = 32, 16
COVERED, CLEAR = 0.25, 0.02
"""Share of lesion above which a cell is positive, and up to which it is a training negative."""
NEGATIVES = (40, 60)
"""Number of negative cells sampled from a negative and from a positive image."""
INNER, ROUNDS = 4, 150
BOOSTING = {
    "objective": "binary", "learning_rate": 0.06, "num_leaves": 15, "min_data_in_leaf": 50,
    "feature_fraction": 0.2, "bagging_fraction": 0.6, "bagging_freq": 1, "lambda_l2": 5.0,
    "max_bin": 63, "num_threads": 1, "deterministic": True, "force_col_wise": True, "verbose": -1,
}  # fmt: skip
COUNTS = (1, 5, 20, 60)
"""Numbers of cells with the highest values whose mean is a feature."""


def cell_columns(stack: imagestack.PixelCache, folder: Path) -> np.ndarray:
    """Return the features of all cells by side, float16 `(n, 2, 32, 16, k)`, cached on disk."""
    path = folder / f"cells-{jobs.digest(list(stack.ids))[:12]}.npy"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with ThreadPoolExecutor(jobs.available_cores()) as threads:
            found = list(threads.map(lambda name: _columns(stack.take([name])[0]), stack.ids))
        with jobs.writing(path) as temporary, open(temporary, "wb") as file:
            np.save(file, np.stack(found))
    return np.load(path, mmap_mode="r")


def _columns(image: np.ndarray) -> np.ndarray:
    """Return value, 3 x 3 mean, that of the mirrored cell, their difference, and cell position."""
    ridges, lines = cxr.Ridges(cells=CELLS), cxr.Lines(cells=CELLS)
    values = np.array(list(ridges.compute(image).values()), np.float32)
    fine = [*values.reshape(-1, CELLS, CELLS), *(power for _, power in lines.maps(image))]
    around = [cv2.blur(power, (3, 3), borderType=cv2.BORDER_REPLICATE) for power in fine]
    signs = np.array([*ridges.maps.values(), *[1] * (len(fine) - len(ridges.maps))], np.float32)
    own, near = (np.stack([facing(power) for power in maps], -1) for maps in (fine, around))
    own[1], near[1] = own[1] * signs, near[1] * signs
    far = near[::-1]
    place = np.broadcast_to(np.stack(np.mgrid[:CELLS, :HALF], -1), (2, CELLS, HALF, 2))
    return np.concatenate([own, near, far, near - far, place], axis=-1).astype(np.float16)


def facing(cells: np.ndarray) -> np.ndarray:
    """Return the left half and the mirrored right half of a map `(32, 32)`, `(2, 32, 16)`."""
    return np.stack([cells[:, :HALF], cells[:, ::-1][:, :HALF]])


def heat_maps(
    cells: np.ndarray,
    cover: np.ndarray,
    areas: pd.Series,
    patients: pd.Series,
    train: np.ndarray,
    held: np.ndarray,
    seed: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Return out-of-fold heat maps of `train`, and the heat maps of `held` by each inner model.

    Args:
        cells: as from `cell_columns`.
        cover: share of lesion in every cell, `(n, 32, 32)`.
        areas: lesion areas by image id, for the inner folds.
        patients: patients by image id.
        train: training rows.
        held: held-out rows.
        seed: of the inner folds and the models.

    Returns:
        float32 `(len(train), 32, 32)` and `(INNER, len(held), 32, 32)`; the probabilities are too
        high, because negatives are subsampled.
    """
    inside = make_folds(areas.iloc[train], patients, INNER, seed)
    folds = inside[areas.index[train]].to_numpy()
    maps, each = np.zeros((len(train), CELLS, CELLS), np.float32), []
    for fold in range(INNER):
        booster = _patch_model(cells, cover, train[folds != fold], seed)
        maps[folds == fold] = _predicted(booster, cells[train[folds == fold]])
        each.append(_predicted(booster, cells[held]))
    return maps, np.stack(each).astype(np.float32)


def _patch_model(
    cells: np.ndarray, cover: np.ndarray, images: np.ndarray, seed: int
) -> lgb.Booster:
    rng = np.random.default_rng(seed)
    rows, labels = [], []
    for image in images:
        covered = facing(cover[image]).ravel()
        positive, clear = np.flatnonzero(covered > COVERED), np.flatnonzero(covered <= CLEAR)
        count = min(NEGATIVES[int(covered.any())], len(clear))
        chosen = np.concatenate([positive, rng.choice(clear, count, replace=False)])
        rows.append(cells[image].reshape(CELLS**2, -1)[chosen])
        labels.append(covered[chosen] > COVERED)
    table = np.concatenate(rows).astype(np.float32)
    data = lgb.Dataset(table, np.concatenate(labels).astype(int), params={"verbose": -1})
    return lgb.train(BOOSTING | {"seed": seed}, data, ROUNDS)


def _predicted(booster: lgb.Booster, cells: np.ndarray) -> np.ndarray:
    table = cells.reshape(-1, cells.shape[-1]).astype(np.float32)
    p = booster.predict(table, num_threads=1).reshape(-1, 2, CELLS, HALF)
    return np.concatenate([p[:, 0], p[:, 1, :, ::-1]], axis=2)


def summaries(heat: np.ndarray, ids: pd.Index) -> pd.DataFrame:
    """Return image-level features of heat maps `(n, 32, 32)`, float32."""
    return pd.DataFrame([_summary(cells) for cells in heat], ids).astype("float32")


def _summary(heat: np.ndarray) -> dict[str, float]:
    left, right = facing(heat)
    found = {f"heat_top{count}": top(heat, count) for count in (*COUNTS, heat.size)}
    found |= {f"heat_q{share}": float(np.quantile(heat, share)) for share in (0.5, 0.75, 0.9, 0.97)}
    areas = {"half": slice(None), "upper": slice(HALF), "lower": slice(HALF, None)}
    for name, rows in areas.items():
        for count in COUNTS[:3]:
            low, high = sorted([top(left[rows], count), top(right[rows], count)])
            found |= {f"heat_{name}_low{count}": low, f"heat_{name}_high{count}": high}
            found[f"heat_{name}_apart{count}"] = high - low
    found |= {f"heat_apart_top{count}": top(np.abs(left - right), count) for count in COUNTS[1:]}
    for level in (0.2, 0.4, 0.6):
        found |= _largest(heat, level)
    return found


def _largest(heat: np.ndarray, level: float) -> dict[str, float]:
    """Return cell count and sum of the largest region with values above `level`."""
    _, regions = cv2.connectedComponents((heat > level).astype(np.uint8))
    sizes = np.bincount(regions.ravel())[1:]
    inside = regions == 1 + sizes.argmax() if sizes.size else np.zeros(heat.shape, bool)
    name = f"heat_region{level}"
    return {f"{name}_cells": float(inside.sum()), f"{name}_heat": float(heat[inside].sum())}


def top(heat: np.ndarray, count: int) -> float:
    """Return the mean of the `count` highest values."""
    return float(np.sort(heat, axis=None)[-count:].mean())
