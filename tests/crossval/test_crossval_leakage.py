"""What a patient's images in other folds give away."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

import crossval


def series(values: list, prefix: str = "i") -> pd.Series:
    return pd.Series(values, index=[f"{prefix}{k}" for k in range(len(values))])


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.integers(0, 5)), max_size=30))
def test_equals_the_plain_definition(rows: list[tuple[int, int, int]]) -> None:
    folds, labels, patients = (series([row[k] for row in rows]) for k in range(3))
    scores, shared = [], []
    for i, (fold, _, patient) in enumerate(rows):
        others = [
            float(rows[j][1] > 0)
            for j in range(len(rows))
            if j != i and rows[j][2] == patient and rows[j][0] != fold
        ]
        shared.append(bool(others))
        scores.append(np.mean(others) if others else np.mean([row[1] > 0 for row in rows]))
    found = crossval.group_leakage(folds, labels, patients)
    assert found.share == pytest.approx(np.mean(shared) if rows else 0)
    positive = [row[1] > 0 for row in rows]
    if 0 < sum(positive) < len(rows):
        assert found.auc == pytest.approx(roc_auc_score(positive, scores))
    else:
        assert np.isnan(found.auc)


def test_patients_kept_together_give_nothing_away() -> None:
    rng = np.random.default_rng(0)
    patients = series(rng.integers(0, 120, 400).tolist())
    areas = series((rng.random(400) < 0.3).astype(int).tolist())
    folds = crossval.make_folds(areas, patients)
    assert crossval.group_leakage(folds, areas, patients) == (0.0, 0.5)


def test_patients_whose_images_are_alike_give_everything_away() -> None:
    patients = series([k // 2 for k in range(40)])
    labels = (patients % 4 == 0).astype(int)
    folds = series([k % 2 for k in range(40)])
    assert crossval.group_leakage(folds, labels, patients) == (1.0, 1.0)
    assert crossval.group_leakage(folds, labels * 700, patients) == (1.0, 1.0)


def test_labels_that_have_nothing_to_do_with_the_patient_predict_nothing() -> None:
    rng = np.random.default_rng(1)
    patients = series(rng.integers(0, 600, 6000).tolist())
    labels = series((rng.random(6000) < 0.2).astype(int).tolist())
    folds = crossval.make_folds(labels)
    found = crossval.group_leakage(folds, labels, patients)
    assert found.share > 0.99
    assert abs(found.auc - 0.5) < 0.03


def test_the_order_of_the_tables_does_not_matter_and_other_images_are_ignored() -> None:
    rng = np.random.default_rng(2)
    labels = series((rng.random(200) < 0.3).astype(int).tolist())
    patients = series(rng.integers(0, 50, 200).tolist())
    folds = crossval.make_folds(labels)
    found = crossval.group_leakage(folds, labels, patients)
    more = pd.concat([patients.sample(frac=1, random_state=0), pd.Series({"x": 1})])
    assert crossval.group_leakage(folds.iloc[::-1], labels, more) == found


def test_images_without_a_patient_are_refused() -> None:
    folds = series([0, 1, 0])
    with pytest.raises(crossval.FoldError, match="1 images have no group, first i2"):
        crossval.group_leakage(folds, series([1, 0, 1]), series([1, 1]))
    with pytest.raises(crossval.FoldError, match="1 images have no label, first i2"):
        crossval.group_leakage(folds, series([1, 0]), series([1, 1, 2]))


def test_random_folds_of_the_real_images_leak() -> None:
    if "SIIM_DATA" not in os.environ:
        pytest.skip("set SIIM_DATA to the folder of the real data")
    folder = Path(os.environ["SIIM_DATA"])
    rows = pd.read_csv(folder / "train-rle.csv", dtype=str, skipinitialspace=True)
    labels = (rows["EncodedPixels"].str.strip() != "-1").groupby(rows["ImageId"]).any().astype(int)
    patients = pd.read_csv(folder / "patients.csv", dtype=str).set_index("ImageId")["PatientGroup"]
    grouped = crossval.make_folds(labels, patients)
    assert crossval.group_leakage(grouped, labels, patients) == (0.0, 0.5)
    found = crossval.group_leakage(crossval.make_folds(labels), labels, patients)
    assert 0.2 < found.share < 0.27
    assert 0.57 < found.auc < 0.68
