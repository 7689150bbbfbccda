"""What can be chosen about a LightGBM model."""

from dataclasses import asdict, dataclass
from typing import Any

CALIBRATIONS = ("none", "platt", "beta")
CLASS_WEIGHTS = ("none", "balanced")

OURS = (
    "class_weight",
    "columns_kept",
    "categorical",
    "rounds",
    "inner_folds",
    "patience",
    "calibration",
    "models",
    "sides",
    "side_rounds",
)
"""The fields that LightGBM does not know."""


@dataclass(frozen=True)
class LightGBMConfig:
    """Choices of a LightGBM classifier (Ke et al. 2017), strongly regularised by default.

    Attributes:
        learning_rate: shrinkage of every tree.
        num_leaves: leaves per tree.
        min_data_in_leaf: images per leaf.
        feature_fraction: share of the columns that a tree may use.
        feature_fraction_bynode: share of those that a single split may use.
        bagging_fraction: share of the rows drawn for every tree.
        lambda_l1: L1 penalty on leaf values.
        lambda_l2: L2 penalty on leaf values.
        path_smooth: pulls the values of small leaves to those of their parents.
        max_bin: histogram bins per column.
        extra_trees: draw one random cut per column instead of the best (Geurts et al. 2006).
        class_weight: "balanced" gives both classes the same total weight; the probabilities are
            then too high for the share of positives unless they are calibrated.
        columns_kept: only so many columns, those that alone rank the training images best; 0
            keeps all. Chosen anew inside every inner fold.
        categorical: columns that hold codes, not quantities, such as ``header_view``.
        rounds: trees at most.
        inner_folds: grouped folds inside the training images that choose the number of
            trees and fit the calibration, fewer where there are too few groups; 0 always
            grows `rounds` trees, without calibration.
        patience: trees without a better log loss over the inner folds before stopping.
        calibration: "platt" or "beta" (see `Calibration`), fitted on inner out-of-fold
            probabilities; "none" leaves them.
        models: models with different seeds whose probabilities are averaged.
        num_threads: of one model, fixed so that a run does not depend on the number of cores;
            several models grow side by side.
        sides: weight, in log-odds, of the trees that see one side of the chest at a time (see
            `SidedLearner`); 0 grows none.
        side_rounds: trees in each model that sees sides, one model per inner fold.
    """

    learning_rate: float = 0.05
    num_leaves: int = 6
    min_data_in_leaf: int = 15
    feature_fraction: float = 0.05
    feature_fraction_bynode: float = 1.0
    bagging_fraction: float = 0.7
    lambda_l1: float = 0.0
    lambda_l2: float = 5.0
    path_smooth: float = 0.0
    max_bin: int = 63
    extra_trees: bool = False
    class_weight: str = "none"
    columns_kept: int = 0
    categorical: tuple[str, ...] = ()
    rounds: int = 600
    inner_folds: int = 5
    patience: int = 30
    calibration: str = "platt"
    models: int = 3
    num_threads: int = 1
    sides: float = 0.0
    side_rounds: int = 140

    def __post_init__(self) -> None:
        """Refuse values outside their range, all at once."""
        faults = [
            f"{name} must lie in {low}..{high}, not {getattr(self, name)}"
            for name, low, high in _RANGES
            if not low <= getattr(self, name) <= high
        ]
        for name, known in (("calibration", CALIBRATIONS), ("class_weight", CLASS_WEIGHTS)):
            if getattr(self, name) not in known:
                faults.append(f"{name} must be {' or '.join(known)}, not {getattr(self, name)}")
        if self.inner_folds == 1:
            faults.append("inner_folds must be 0 or at least 2, not 1")
        if self.inner_folds == 0 and self.calibration != "none":
            faults.append("calibration needs inner_folds of at least 2, or set calibration=none")
        if faults:
            raise ValueError("; ".join(faults))

    def parameters(self, seed: int) -> dict[str, Any]:
        """Return the parameters that LightGBM takes, for the model with this `seed`."""
        choices = {name: value for name, value in asdict(self).items() if name not in OURS}
        fixed = {
            "objective": "binary",
            "metric": "binary_logloss",
            "bagging_freq": 1,
            "feature_pre_filter": False,
            "deterministic": True,
            "force_col_wise": True,
            "verbose": -1,
        }
        return choices | fixed | {"seed": seed}


_RANGES = (
    ("learning_rate", 1e-4, 1.0),
    ("num_leaves", 2, 4096),
    ("min_data_in_leaf", 1, 100_000),
    ("feature_fraction", 1e-3, 1.0),
    ("feature_fraction_bynode", 1e-3, 1.0),
    ("bagging_fraction", 0.1, 1.0),
    ("lambda_l1", 0.0, 1e6),
    ("lambda_l2", 0.0, 1e6),
    ("path_smooth", 0.0, 1e6),
    ("max_bin", 2, 65_535),
    ("columns_kept", 0, 10_000_000),
    ("rounds", 1, 100_000),
    ("inner_folds", 0, 100),
    ("patience", 1, 100_000),
    ("models", 1, 100),
    ("num_threads", 1, 256),
    ("sides", 0.0, 1.0),
    ("side_rounds", 1, 100_000),
)
