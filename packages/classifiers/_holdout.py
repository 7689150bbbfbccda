"""The share of the training images that decides when to stop growing trees."""

import numpy as np


def hold_out(
    labels: np.ndarray, groups: np.ndarray | None, fraction: float, seed: int
) -> np.ndarray:
    """Choose patients for early stopping, stratified by whether any of their images is positive.

    Args:
        labels: 0 or 1 per image, `(n,)`.
        groups: the patient of every image, `(n,)`; None: every image is its own patient.
        fraction: share of the patients of each stratum; at least one of each is chosen.
        seed: other seeds choose other patients.

    Returns:
        bool `(n,)`, True = held out. No patient is on both sides.
    """
    rng = np.random.default_rng(seed)
    groups = np.arange(len(labels)) if groups is None else groups
    names, members = np.unique(groups, return_inverse=True)
    positive = np.zeros(len(names), dtype=bool)
    np.logical_or.at(positive, members, labels == 1)
    chosen = np.zeros(len(names), dtype=bool)
    for stratum in (np.flatnonzero(positive), np.flatnonzero(~positive)):
        count = min(max(1, round(fraction * len(stratum))), len(stratum) - 1)
        chosen[rng.permutation(stratum)[: max(count, 0)]] = True
    return chosen[members]
