"""What features are worth: on paper, and on images that were held out."""

from pathlib import Path

import lightgbm
import numpy as np
import pandas as pd
import pytest

from classifiers import LightGBMLearner, WrongModel, explain, importances
from classifiers._importance import Explanation

FAMILIES = ("strong", "strong_twin", "weak")


@pytest.fixture
def table(features: pd.DataFrame, labels: pd.Series) -> pd.DataFrame:
    named = features.add_prefix("weak_").rename(columns={"weak_signal": "strong_signal"})
    return named.assign(strong_twin_noise=named["weak_a"][::-1].to_numpy(), extra=0.5)


@pytest.fixture
def trained(config, table, labels, groups, ids, tmp_path: Path) -> LightGBMLearner:
    learner = LightGBMLearner(config, table, labels, groups)
    for fold in (0, 1):
        learner.fit(ids[120 * fold : 120 * fold + 120], tmp_path / str(fold), seed=fold)
    return learner


@pytest.fixture
def held_out(ids: list[str], tmp_path: Path) -> dict[Path, list[str]]:
    return {tmp_path / "0": ids[120:], tmp_path / "1": ids[:120]}


@pytest.fixture
def found(trained: LightGBMLearner, held_out: dict[Path, list[str]]) -> Explanation:
    return explain(trained, held_out, families=FAMILIES, top=3, repeats=2)


def test_gain_puts_the_signal_first(trained, held_out, table) -> None:
    gains = importances(list(held_out))
    assert gains.index[0] == "strong_signal"
    assert set(gains.index) == set(table)
    assert gains["gain"].sum() == pytest.approx(1)
    assert (gains["splits"] >= 0).all()


def test_the_signal_matters_on_held_out_images_and_the_rest_does_not(found) -> None:
    assert found.columns.index[0] == "strong_signal"
    assert found.families.index[0] == "strong"
    assert found.families.loc["strong", "auc_drop"] > 0.15
    assert abs(found.families.loc["strong_twin", "auc_drop"]) < 0.1
    assert found.families.loc["other", ["gain", "contribution", "auc_drop"]].tolist() == [0, 0, 0]


def test_every_column_has_a_family_and_families_add_up(found, table) -> None:
    assert set(found.columns.index) == set(table)
    assert found.columns.loc["strong_twin_noise", "family"] == "strong_twin"
    assert found.columns.loc["extra", "family"] == "other"
    assert found.families["columns"].to_dict() == {
        "strong": 1, "strong_twin": 1, "weak": 6, "other": 1,
    }  # fmt: skip
    assert found.families["gain"].sum() == pytest.approx(1)
    assert found.columns["auc_drop"].notna().sum() == 3
    weak = found.columns[found.columns["family"] == "weak"]
    assert found.families.loc["weak", "contribution"] <= weak["contribution"].sum() + 1e-9
    assert (
        found.columns.loc["strong_signal", "auc_drop"] == found.families.loc["strong", "auc_drop"]
    ), "a family of one column is that column"


def test_contributions_explain_the_raw_score(found, table, held_out, ids) -> None:
    """They and the mean add up to the log-odds (Lundberg's local accuracy), and are averaged."""
    total = pd.Series(0.0, index=table.columns)
    for folder, held in held_out.items():
        x = table.loc[held].to_numpy(np.float32)
        shap = []
        for path in folder.glob("model_seed*.txt"):
            booster = lightgbm.Booster(model_file=path)
            shap.append(booster.predict(x, pred_contrib=True))
            np.testing.assert_allclose(
                shap[-1].sum(axis=1), booster.predict(x, raw_score=True), atol=1e-9
            )
        total += np.abs(np.mean(shap, axis=0)[:, :-1]).sum(axis=0)
    np.testing.assert_allclose(
        found.columns["contribution"][table.columns], total / len(ids), rtol=1e-9, atol=1e-12
    )


def test_the_same_seed_gives_the_same_tables(trained, held_out, found) -> None:
    again = explain(trained, held_out, families=FAMILIES, top=3, repeats=2)
    pd.testing.assert_frame_equal(again.columns, found.columns)
    pd.testing.assert_frame_equal(again.families, found.families)
    other = explain(trained, held_out, families=FAMILIES, top=3, repeats=2, seed=1)
    assert not other.families["auc_drop"].equals(found.families["auc_drop"])


def test_models_of_two_tables_are_refused(
    config, features, labels, ids, trained, tmp_path: Path
) -> None:
    LightGBMLearner(config, features, labels).fit(ids, tmp_path / "other", seed=0)
    with pytest.raises(WrongModel, match="different columns"):
        importances([tmp_path / "0", tmp_path / "other"])
    with pytest.raises(ValueError, match="no model folder"):
        importances([])
