"""Which features the trees use."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from classifiers._errors import WrongModel
from classifiers._model import load_model, model_files


def importances(folders: Sequence[Path]) -> pd.DataFrame:
    """Return how much every feature contributes to the models in `folders`.

    Returns:
        Table indexed by feature, most important first: gain (share of the summed loss
        reduction, mean over the models, adds to 1) and splits (mean number per model).

    Raises:
        WrongModel: a folder without all its models, or models of different columns.
    """
    boosters = [load_model(path) for folder in folders for path in model_files(Path(folder))]
    if not boosters:
        raise ValueError("no model folder was given: pass the folders that fit has written")
    names = boosters[0].feature_name()
    if any(booster.feature_name() != names for booster in boosters):
        raise WrongModel("the models were trained on different columns: pass folders of one run")
    gains = np.array([booster.feature_importance("gain") for booster in boosters])
    totals = gains.sum(axis=1, keepdims=True)
    shares = np.divide(gains, totals, out=np.zeros_like(gains), where=totals > 0)
    splits = np.array([booster.feature_importance("split") for booster in boosters])
    table = pd.DataFrame({"gain": shares.mean(axis=0), "splits": splits.mean(axis=0)}, index=names)
    table.index.name = "feature"
    return table.sort_values("gain", ascending=False, kind="stable")
