"""The whole road on real radiographs, where they are there: features, folds, trees, AUC."""

import os
from pathlib import Path

import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

import imagefeatures
import imagestack
from classifiers import LightGBMConfig, LightGBMLearner
from competitions.siim_acr_pneumothorax.features import FAMILIES
from competitions.siim_acr_pneumothorax.prepare import facts_of
from crossval import make_folds

BAR = 0.73
"""What mean, spread, gradient and texture on a grid reach with a plain LightGBM."""


@pytest.fixture
def data() -> Path:
    if "SIIM_DATA" not in os.environ:
        pytest.skip("SIIM_DATA does not name the folder of the real subset")
    return Path(os.environ["SIIM_DATA"])


@pytest.mark.slow
def test_auc_on_real_images_passes_the_bar(data: Path, tmp_path: Path) -> None:
    rows = pd.read_csv(data / "train-rle.csv", skipinitialspace=True, dtype=str)
    labels = (rows["EncodedPixels"].str.strip() != "-1").groupby(rows["ImageId"]).any().astype(int)
    patients = pd.read_csv(data / "patients.csv", dtype=str).set_index("ImageId")["PatientGroup"]
    frame = imagestack.read_table(data / "dicom-images-train")
    frame = frame.loc[frame.index.isin(labels.index)]
    stack = imagestack.build_cache(frame, data / "dicom-images-train", 512, tmp_path / "cache")
    facts, _ = facts_of(frame)
    families = imagefeatures.select(FAMILIES, ("lines", "header"))
    features = imagefeatures.extract(
        stack, families=families, facts=facts, cache_dir=tmp_path / "features"
    )
    config = LightGBMConfig(models=1, inner_folds=0, calibration="none", rounds=150)
    learner = LightGBMLearner(config, features, labels, patients)
    folds = make_folds(labels, patients)
    oof = pd.Series(0.0, index=folds.index)
    for fold in sorted(folds.unique()):
        train, held_out = list(folds.index[folds != fold]), list(folds.index[folds == fold])
        learner.fit(train, tmp_path / f"fold{fold}", seed=fold)
        oof[held_out] = learner.predict(held_out, [tmp_path / f"fold{fold}"])
    assert roc_auc_score(labels[oof.index], oof) > BAR
