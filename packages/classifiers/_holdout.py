"""The share of the training images that decides when to stop growing trees."""

import numpy as np

from classifiers._errors import BadTable


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


def check_can_hold_out(labels: np.ndarray, groups: np.ndarray | None) -> None:
    """Refuse training images of so few patients that `hold_out` would choose none.

    Raises:
        BadTable: no two patients are of the same kind, with or without a positive image.
    """
    if not hold_out(labels, groups, fraction=0.5, seed=0).any():
        raise BadTable(
            f"the {len(labels)} training images are of too few patients to hold any out for "
            "early stopping: train on more patients or set stopping_fraction=0"
        )
