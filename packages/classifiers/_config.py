"""What can be chosen about a LightGBM model."""

from dataclasses import asdict
from typing import Any, Literal

from pydantic import Field, model_validator

from configuration import frozen

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


@frozen
class LightGBMConfig:
    """Choices of a LightGBM classifier (Ke et al. 2017), strongly regularised by default."""

    learning_rate: float = Field(default=0.05, ge=1e-4, le=1)
    """Shrinkage of every tree."""
    num_leaves: int = Field(default=6, ge=2, le=4096)
    """Leaves per tree."""
    min_data_in_leaf: int = Field(default=15, ge=1, le=100_000)
    """Images per leaf."""
    feature_fraction: float = Field(default=0.05, ge=1e-3, le=1)
    """Share of the columns that a tree may use."""
    feature_fraction_bynode: float = Field(default=1.0, ge=1e-3, le=1)
    """Share of those that a single split may use."""
    bagging_fraction: float = Field(default=0.7, ge=0.1, le=1)
    """Share of the rows drawn for every tree."""
    lambda_l1: float = Field(default=0.0, ge=0, le=1e6)
    """L1 penalty on leaf values."""
    lambda_l2: float = Field(default=5.0, ge=0, le=1e6)
    """L2 penalty on leaf values."""
    path_smooth: float = Field(default=0.0, ge=0, le=1e6)
    """Pulls the values of small leaves to those of their parents."""
    max_bin: int = Field(default=63, ge=2, le=65_535)
    """Histogram bins per column."""
    extra_trees: bool = False
    """One random threshold per column instead of the best (Geurts et al. 2006)."""
    class_weight: Literal["none", "balanced"] = "none"
    """With "balanced" both classes have the same total weight; the probabilities are then too high
    for the share of positives unless they are calibrated."""
    columns_kept: int = Field(default=0, ge=0, le=10_000_000)
    """Only so many columns, those that alone rank the training images best; 0 keeps all. Chosen
    anew inside every inner fold."""
    categorical: tuple[str, ...] = ()
    """Columns that hold codes, not quantities, such as header_view."""
    rounds: int = Field(default=600, ge=1, le=100_000)
    """Trees at most."""
    inner_folds: int = Field(default=5, ge=0, le=100)
    """Grouped folds inside the training images that choose the number of trees and fit the
    calibration, fewer where there are too few groups; 0 always grows `rounds` trees, without
    calibration."""
    patience: int = Field(default=30, ge=1, le=100_000)
    """Trees without a better log loss over the inner folds before stopping."""
    calibration: Literal["none", "platt", "beta"] = "platt"
    """Either "platt" or "beta" (see `Calibration`), fitted on inner out-of-fold probabilities;
    "none" leaves them."""
    models: int = Field(default=3, ge=1, le=100)
    """Models with different seeds whose probabilities are averaged."""
    num_threads: int = Field(default=1, ge=1, le=256)
    """Of one model, fixed so that a run does not depend on the number of cores; several models grow
    side by side."""
    sides: float = Field(default=0.0, ge=0, le=1)
    """Weight, in log-odds, of the trees that see one side of an image at a time (see
    `SidedLearner`); 0 grows none."""
    side_rounds: int = Field(default=140, ge=1, le=100_000)
    """Trees in each model that sees sides, one model per inner fold."""

    @model_validator(mode="after")
    def _rules(self) -> "LightGBMConfig":
        found = []
        if self.inner_folds == 1:
            found.append("inner_folds must be 0 or at least 2, not 1")
        if self.inner_folds == 0 and self.calibration != "none":
            found.append("calibration needs inner_folds of at least 2, or set calibration=none")
        if found:
            raise ValueError("; ".join(found))
        return self

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
