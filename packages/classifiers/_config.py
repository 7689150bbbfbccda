"""Configuration of a LightGBM classifier."""

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
"""Fields that are not LightGBM parameters."""


@frozen
class LightGBMConfig:
    """Configuration of a LightGBM classifier (Ke et al. 2017), strongly regularised by default."""

    learning_rate: float = Field(default=0.05, ge=1e-4, le=1)
    """Shrinkage applied to every tree."""
    num_leaves: int = Field(default=6, ge=2, le=4096)
    """Maximum number of leaves per tree."""
    min_data_in_leaf: int = Field(default=15, ge=1, le=100_000)
    """Minimum number of images per leaf."""
    feature_fraction: float = Field(default=0.05, ge=1e-3, le=1)
    """Fraction of the columns sampled for every tree."""
    feature_fraction_bynode: float = Field(default=1.0, ge=1e-3, le=1)
    """Fraction of the columns of the tree sampled for every split."""
    bagging_fraction: float = Field(default=0.7, ge=0.1, le=1)
    """Fraction of the rows sampled for every tree."""
    lambda_l1: float = Field(default=0.0, ge=0, le=1e6)
    """L1 penalty on leaf values."""
    lambda_l2: float = Field(default=5.0, ge=0, le=1e6)
    """L2 penalty on leaf values."""
    path_smooth: float = Field(default=0.0, ge=0, le=1e6)
    """Smoothing of the values of small leaves towards their parents'."""
    max_bin: int = Field(default=63, ge=2, le=65_535)
    """Maximum number of histogram bins per column."""
    extra_trees: bool = False
    """Try one random threshold per column instead of all (Geurts et al. 2006)."""
    class_weight: Literal["none", "balanced"] = "none"
    """With "balanced", both classes have the same total weight; uncalibrated probabilities are then
    biased."""
    columns_kept: int = Field(default=0, ge=0, le=10_000_000)
    """Number of columns kept, those with the best univariate AUC on the training images, selected
    separately in every inner fold; 0 keeps all."""
    categorical: tuple[str, ...] = ()
    """Names of categorical columns, which hold codes 0, 1, 2…, such as header_view."""
    rounds: int = Field(default=600, ge=1, le=100_000)
    """Maximum number of trees."""
    inner_folds: int = Field(default=5, ge=0, le=100)
    """Number of grouped folds of the training images that select the number of trees and fit the
    calibration; reduced if there are too few groups. 0 trains `rounds` trees, without
    calibration."""
    patience: int = Field(default=30, ge=1, le=100_000)
    """Early stopping: trees without a lower log loss over the inner folds."""
    calibration: Literal["none", "platt", "beta"] = "platt"
    """Calibration method, fitted on the inner out-of-fold probabilities; see `Calibration`."""
    models: int = Field(default=3, ge=1, le=100)
    """Number of models with different seeds whose probabilities are averaged."""
    num_threads: int = Field(default=1, ge=1, le=256)
    """Threads per model, fixed so that results do not depend on the number of cores; several models
    are trained in parallel."""
    sides: float = Field(default=0.0, ge=0, le=1)
    """Weight, in log-odds, of the classifier of sides (see `SidedLearner`); 0 trains none."""
    side_rounds: int = Field(default=140, ge=1, le=100_000)
    """Number of trees in each model of sides; there is one model per inner fold."""

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
        """Return the LightGBM parameters of the model with this `seed`."""
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
