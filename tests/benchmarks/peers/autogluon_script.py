"""Runs AutoGluon in its own environment: `fit FOLDER SECONDS PRESETS`, or `predict FOLDER`."""

import sys
from pathlib import Path

import pandas as pd
from autogluon.tabular import TabularPredictor


def main() -> None:
    folder = Path(sys.argv[2])
    if sys.argv[1] == "fit":
        table = pd.read_parquet(folder / "train.parquet")
        groups = "group" if "group" in table else None
        predictor = TabularPredictor(
            "label", path=str(folder / "autogluon"), eval_metric="roc_auc", groups=groups
        )
        predictor.fit(table, time_limit=float(sys.argv[3]), presets=sys.argv[4], num_gpus=0)
        return
    predictor = TabularPredictor.load(str(folder / "autogluon"))
    table = pd.read_parquet(folder / "ask.parquet")
    p = predictor.predict_proba(table)[1]
    pd.DataFrame({"p": p.to_numpy()}).to_csv(folder / "answer.csv", index=False)


if __name__ == "__main__":
    main()
