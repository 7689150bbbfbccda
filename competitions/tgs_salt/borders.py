"""Neighbouring tiles of a seismic section, found by their borders.

The images are tiles of larger sections, so the last column of one often continues as the first
column of another. Folds by these groups are stricter than random folds; the test images of the
competition are drawn at random, and have neighbours among the training images too.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

CORRELATION = 0.95
"""Least correlation of the two borders; of the pairs found below it, about half do not match."""

LEAST_SPREAD = 5.0
"""Least standard deviation of a border, in grey values: flat borders match many others."""


def neighbours(images: np.ndarray) -> np.ndarray:
    """Return the pairs of images that continue each other to the right or downwards.

    Borders are extrapolated by half a pixel. A pair is the best match of each for the other.

    Args:
        images: uint8 `(n, h, w)`, square.

    Returns:
        int64 `(pairs, 2)`, indices of the left or upper and of the right or lower image.
    """
    found = [_pairs(view) for view in (images, images.transpose(0, 2, 1))]
    return np.concatenate(found)


def groups_of(ids: Sequence[str], images: np.ndarray) -> pd.Series:
    """Return the group of every image: tiles that are connected by matching borders.

    Args:
        ids: of the images.
        images: uint8 `(n, h, w)`, square.
    """
    pairs, n = neighbours(images), len(ids)
    links = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(n, n))
    _, labels = connected_components(links, directed=False)
    return pd.Series([f"section{label}" for label in labels], pd.Index(list(ids), dtype="str"))


def _pairs(images: np.ndarray) -> np.ndarray:
    """Return the pairs whose last and first columns match."""
    edges = images[:, :, [-1, -2, 0, 1]].astype(np.float32)
    last, first = (edges[:, :, k] + (edges[:, :, k] - edges[:, :, k + 1]) / 2 for k in (0, 2))
    similar = _normed(last) @ _normed(first).T
    np.fill_diagonal(similar, -1)
    after, before = similar.argmax(axis=1), similar.argmax(axis=0)
    here = np.arange(len(images))
    chosen = (before[after] == here) & (similar[here, after] > CORRELATION)
    return np.stack([here[chosen], after[chosen]], axis=1)


def _normed(borders: np.ndarray) -> np.ndarray:
    """Return borders `(n, h)` with mean 0 and length 1; flat ones are 0."""
    centred = borders - borders.mean(axis=1, keepdims=True)
    length = np.linalg.norm(centred, axis=1, keepdims=True)
    flat = length < LEAST_SPREAD * np.sqrt(borders.shape[1])
    return np.where(flat, 0, centred / np.maximum(length, 1e-6))
