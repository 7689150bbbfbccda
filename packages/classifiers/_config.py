"""What can be chosen about a LightGBM model."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class LightGBMConfig:
    """Choices of a LightGBM classifier (Ke et al. 2017), strongly regularised by default.

    Attributes:
        learning_rate: shrinkage of every tree.
        num_leaves: leaves per tree.
        min_data_in_leaf: images per leaf.
        feature_fraction: share of the columns that a tree may use.
        bagging_fraction: share of the rows drawn for every tree.
        lambda_l2: L2 penalty on leaf values.
        max_bin: histogram bins per column.
        extra_trees: draw one random cut per column instead of the best (Geurts et al. 2006).
        rounds: trees at most.
        stopping_fraction: share of the training patients held out to choose the number of
            trees; 0 always grows `rounds` trees on all of them.
        refit: grow the chosen number of trees again on all training patients.
        patience: trees without a better log loss on the held-out share before stopping.
        models: models with different seeds whose probabilities are averaged.
        num_threads: fixed, so that a run is repeatable on any machine.
    """

    learning_rate: float = 0.03
    num_leaves: int = 6
    min_data_in_leaf: int = 15
    feature_fraction: float = 0.15
    bagging_fraction: float = 0.7
    lambda_l2: float = 5.0
    max_bin: int = 63
    extra_trees: bool = False
    rounds: int = 600
    stopping_fraction: float = 0.15
    refit: bool = True
    patience: int = 60
    models: int = 5
    num_threads: int = 1

    def __post_init__(self) -> None:
        """Refuse values outside their range."""
        faults = [
            f"{name} must lie in {low}..{high}, not {getattr(self, name)}"
            for name, low, high in _RANGES
            if not low <= getattr(self, name) <= high
        ]
        if faults:
            raise ValueError("; ".join(faults))

    def parameters(self, seed: int) -> dict[str, Any]:
        """Return the parameters that LightGBM takes, for the model with this `seed`."""
        choices = asdict(self)
        for ours in ("rounds", "stopping_fraction", "refit", "patience", "models"):
            del choices[ours]
        fixed = {
            "objective": "binary",
            "metric": "binary_logloss",
            "bagging_freq": 1,
            "deterministic": True,
            "force_row_wise": True,
            "verbose": -1,
        }
        return choices | fixed | {"seed": seed}


_RANGES = (
    ("learning_rate", 1e-4, 1.0),
    ("num_leaves", 2, 4096),
    ("min_data_in_leaf", 1, 100_000),
    ("feature_fraction", 1e-3, 1.0),
    ("bagging_fraction", 0.1, 1.0),
    ("lambda_l2", 0.0, 1e6),
    ("max_bin", 2, 65_535),
    ("rounds", 1, 100_000),
    ("stopping_fraction", 0.0, 0.5),
    ("patience", 1, 100_000),
    ("models", 1, 100),
    ("num_threads", 1, 256),
)
