"""Training and prediction: what is learned, what is kept, what is refused."""

import dataclasses
import re
from pathlib import Path

import lightgbm
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

import jobs
from classifiers import (
    BadTable,
    Calibration,
    LightGBMConfig,
    LightGBMLearner,
    OneClass,
    WrongModel,
    importances,
)


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.fixture
def learner(config, features, labels, groups) -> LightGBMLearner:
    return LightGBMLearner(config, features, labels, groups)


def test_it_learns_and_predicts_unseen_images(learner, ids, labels, tmp_path: Path) -> None:
    train, rest = ids[:180], ids[180:]
    figures = learner.fit(train, tmp_path, seed=0)
    p = learner.predict(rest, [tmp_path])
    assert set(figures) == {"trees", "inner_log_loss", "inner_auc"}
    assert p.dtype == np.float64
    assert p.shape == (60,)
    assert ((p > 0) & (p < 1)).all()
    assert roc_auc_score(labels[rest], p) > 0.75
    assert len(list(tmp_path.glob("model_seed*.txt"))) == 2
    assert 1 <= figures["trees"] <= 60
    assert 0 < figures["inner_log_loss"] < 0.69
    assert 0.7 < figures["inner_auc"] < 1
    assert learner.mask_size is None


def test_same_seed_same_bytes_other_seed_other_bytes(learner, ids, tmp_path: Path) -> None:
    for name, seed in (("a", 3), ("b", np.int64(3)), ("c", 4)):
        learner.fit(ids[:150], tmp_path / name, seed=seed)
    assert files(tmp_path / "a") == files(tmp_path / "b")
    models = {path.read_bytes() for path in tmp_path.glob("[ac]/model_seed*.txt")}
    assert len(models) == 4


def test_finished_models_are_kept_and_missing_ones_made(learner, ids, tmp_path: Path) -> None:
    figures = learner.fit(ids, tmp_path, seed=0)
    before = files(tmp_path)
    kept = (tmp_path / "model_seed0.txt").stat().st_mtime_ns
    (tmp_path / "model_seed1.txt").unlink()
    assert learner.fit(ids, tmp_path, seed=0) == figures
    assert files(tmp_path) == before
    assert (tmp_path / "model_seed0.txt").stat().st_mtime_ns == kept


@pytest.mark.parametrize("change", ["seed", "train", "config", "features", "labels", "groups"])
def test_models_of_something_else_are_refused(
    change, config, features, labels, groups, ids, tmp_path: Path
) -> None:
    LightGBMLearner(config, features, labels, groups).fit(ids, tmp_path, seed=0)
    seed, train = 0, ids
    if change == "seed":
        seed = 1
    if change == "train":
        train = ids[:-1]
    if change == "config":
        config = dataclasses.replace(config, num_leaves=7)
    if change == "features":
        features = features * 1.01
    if change == "labels":
        labels = 1 - labels
    if change == "groups":
        groups = None
    with pytest.raises(WrongModel, match="delete the folder"):
        LightGBMLearner(config, features, labels, groups).fit(train, tmp_path, seed=seed)


def test_images_outside_the_training_set_do_not_matter(
    config, features, labels, groups, ids, tmp_path: Path
) -> None:
    train = ids[:150]
    LightGBMLearner(config, features, labels, groups).fit(train, tmp_path / "all", seed=0)
    few = LightGBMLearner(config, features.loc[train], labels[train], groups[train])
    few.fit(train, tmp_path / "few", seed=0)
    assert files(tmp_path / "all") == files(tmp_path / "few")


@pytest.mark.parametrize("calibration", ["none", "platt", "beta"])
def test_prediction_is_the_mean_over_folders_of_the_calibrated_mean_of_models(
    calibration, config, features, labels, groups, ids, tmp_path: Path
) -> None:
    config = dataclasses.replace(config, calibration=calibration)
    learner = LightGBMLearner(config, features, labels, groups)
    folders = [tmp_path / "x", tmp_path / "y"]
    wanted = []
    for seed, folder in enumerate(folders):
        learner.fit(ids[:200], folder, seed=seed)
        raw = [
            lightgbm.Booster(model_file=path).predict(features.loc[ids[200:]].to_numpy(np.float32))
            for path in folder.glob("model_seed*.txt")
        ]
        assert len(raw) == 2
        kept = jobs.read_json(folder / "inner.json")["record"]["calibration"]
        assert kept["method"] == calibration
        wanted.append(Calibration(**kept).apply(np.mean(raw, axis=0)))
        alone = learner.predict(ids[200:], [folder])
        assert roc_auc_score(labels[ids[200:]], alone) == roc_auc_score(
            labels[ids[200:]], np.mean(raw, axis=0)
        ), "calibration changes no order"
    np.testing.assert_allclose(learner.predict(ids[200:], folders), np.mean(wanted, axis=0))
    assert learner.predict([], folders).shape == (0,)


def test_test_images_need_no_label(config, features, labels, ids, tmp_path: Path) -> None:
    train, rest = ids[:200], ids[200:]
    learner = LightGBMLearner(config, features.loc[train], labels[train])
    learner.fit(train, tmp_path, seed=0)
    other = LightGBMLearner(config, features.loc[rest].assign(a=np.nan), labels[train])
    assert other.predict(rest, [tmp_path]).shape == (40,)


def test_without_inner_folds_all_rounds_are_grown(
    config, features, labels, ids, tmp_path: Path
) -> None:
    config = dataclasses.replace(config, inner_folds=0, calibration="none", models=1)
    figures = LightGBMLearner(config, features, labels).fit(ids, tmp_path, seed=0)
    assert figures == {"trees": 60.0}
    assert lightgbm.Booster(model_file=tmp_path / "model_seed0.txt").num_trees() == 60


def test_progress_is_reported(learner, ids, tmp_path: Path) -> None:
    seen = []

    def report(label: str, done: int, total: int, figures: object) -> None:
        seen.append((label, done, total))

    learner.fit(ids, tmp_path, seed=0, report=report)
    inner = [(done, total) for label, done, total in seen if label == "inner folds"]
    assert inner[0] == (0, 60)
    assert inner[-1] == (60, 60)
    models = [step for step in seen if step[0] == "models"]
    assert models == [("models", done, 2) for done in (0, 1, 2)]


def test_one_class_is_refused(config, features, labels, ids, tmp_path: Path) -> None:
    train = [image_id for image_id in ids if not labels[image_id]]
    with pytest.raises(OneClass, match=r"0 of .* are positive"):
        LightGBMLearner(config, features, labels).fit(train, tmp_path, seed=0)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("lacking", ["feature row", "label", "group"])
def test_images_without_a_row_are_named(
    lacking, config, features, labels, groups, ids, tmp_path: Path
) -> None:
    if lacking == "feature row":
        features = features.drop(index=ids[5])
    if lacking == "label":
        labels = labels.drop(index=ids[5])
    if lacking == "group":
        groups = groups.drop(index=ids[5])
    learner = LightGBMLearner(config, features, labels, groups)
    with pytest.raises(BadTable, match=f"1 of 240 images have no {lacking}, first image005"):
        learner.fit(ids, tmp_path, seed=0)


@pytest.mark.parametrize("columns_kept", [0, 2])
def test_a_column_without_any_value_is_not_used(
    config, features, labels, ids, tmp_path: Path, columns_kept: int
) -> None:
    config, train = dataclasses.replace(config, columns_kept=columns_kept), ids[:200]
    features.loc[train, "b"] = np.nan
    LightGBMLearner(config, features, labels).fit(train, tmp_path / "nan", seed=0)
    constant = features.assign(b=0.0)
    LightGBMLearner(config, constant, labels).fit(train, tmp_path / "constant", seed=0)
    found = LightGBMLearner(config, features, labels).predict(ids, [tmp_path / "nan"])
    wanted = LightGBMLearner(config, constant, labels).predict(ids, [tmp_path / "constant"])
    np.testing.assert_array_equal(found, wanted)


def test_a_table_without_any_value_is_refused(
    config, features, labels, ids, tmp_path: Path
) -> None:
    features.loc[ids[:200]] = np.nan
    learner = LightGBMLearner(config, features, labels)
    with pytest.raises(BadTable, match="there is no value for a, b"):
        learner.fit(ids[:200], tmp_path, seed=0)
    learner.fit(ids, tmp_path, seed=0)


def test_faults_of_a_model_folder_are_named(learner, features, labels, ids, tmp_path: Path) -> None:
    with pytest.raises(WrongModel, match="holds no model"):
        learner.predict(ids, [tmp_path])
    learner.fit(ids, tmp_path, seed=0)
    fewer = LightGBMLearner(learner.config, features.drop(columns="a"), labels)
    with pytest.raises(WrongModel, match="other columns"):
        fewer.predict(ids, [tmp_path])
    path = tmp_path / "model_seed1.txt"
    path.write_text(path.read_text()[:400])
    with pytest.raises(WrongModel, match=r"model_seed1\.txt is not the model that was written"):
        learner.predict(ids, [tmp_path])
    with pytest.raises(ValueError, match="no model folder"):
        learner.predict(ids, [])


def test_a_damaged_text_never_reaches_lightgbm(learner, ids, tmp_path: Path) -> None:
    """With these leaf values LightGBM calls std::terminate, which ends the process."""
    learner.fit(ids, tmp_path, seed=0)
    path = tmp_path / "model_seed0.txt"
    whole = path.read_text()
    path.write_text(re.sub(r"^leaf_value=.*$", "leaf_value=x", whole, flags=re.MULTILINE))
    with pytest.raises(WrongModel, match=r"model_seed0\.txt is not the model .*train again"):
        learner.predict(ids, [tmp_path])
    with pytest.raises(WrongModel, match=r"model_seed0\.txt is not the model"):
        importances([tmp_path])
    path.unlink()
    learner.fit(ids, tmp_path, seed=0)
    assert path.read_text() == whole
    learner.predict(ids, [tmp_path])


@pytest.mark.parametrize("content", [None, "torn", '{"trees": 3.0}'])
def test_a_model_without_its_digest_is_refused(content, learner, ids, tmp_path: Path) -> None:
    learner.fit(ids, tmp_path, seed=0)
    path = tmp_path / "model_seed1.json"
    if content is None:
        path.unlink()
    else:
        path.write_text(content)
    for call in (
        lambda: learner.predict(ids, [tmp_path]),
        lambda: learner.fit(ids, tmp_path, seed=0),
    ):
        with pytest.raises(
            WrongModel, match=r"model_seed1\.json is of no use .*delete model_seed1"
        ):
            call()


def test_a_folder_with_too_few_models_is_refused(learner, ids, tmp_path: Path) -> None:
    learner.fit(ids, tmp_path, seed=0)
    (tmp_path / "model_seed1.txt").unlink()
    with pytest.raises(WrongModel, match="holds 1 of its 2 models: run the training to its end"):
        learner.predict(ids, [tmp_path])


@pytest.mark.parametrize("patients", [1, 2])
def test_too_few_groups_for_inner_folds(
    patients, config, features, labels, ids, tmp_path: Path
) -> None:
    groups = pd.Series("only", index=ids)
    if patients == 2:
        groups = labels.map({0: "healthy", 1: "ill"})
    learner = LightGBMLearner(config, features, labels, groups)
    with pytest.raises(BadTable, match=r"cannot fill 2 folds.* set inner_folds=0"):
        learner.fit(ids, tmp_path, seed=0)
    assert not list(tmp_path.iterdir())
    config = dataclasses.replace(config, inner_folds=0, calibration="none", models=1)
    assert LightGBMLearner(config, features, labels, groups).fit(ids, tmp_path, seed=0)["trees"]


def test_doubled_groups_are_refused(config, features, labels, groups) -> None:
    groups = pd.concat([groups, groups.iloc[5:6]])
    with pytest.raises(BadTable, match="groups hold image id image005 twice: keep one row"):
        LightGBMLearner(config, features, labels, groups)


def test_config_refuses_all_wrong_values_at_once() -> None:
    with pytest.raises(ValueError, match=r"num_leaves .*calibration .* models .*inner_folds"):
        LightGBMConfig(num_leaves=1, models=0, calibration="isotonic", inner_folds=1)
    with pytest.raises(ValueError, match="class_weight must be 'none' or 'balanced', not 'heavy'"):
        LightGBMConfig(class_weight="heavy")
    with pytest.raises(ValueError, match="calibration needs inner_folds"):
        LightGBMConfig(inner_folds=0)
    parameters = LightGBMConfig().parameters(seed=7)
    assert parameters["deterministic"]
    assert not parameters.keys() & {"rounds", "models", "calibration", "categorical"}
    assert parameters["seed"] == 7
    assert jobs.digest(dataclasses.asdict(LightGBMConfig()))


@pytest.mark.parametrize("values", [[0, 2], [0.5, 1], [None, 1]])
def test_labels_other_than_0_and_1_are_refused(values, config, features) -> None:
    labels = pd.Series(values, index=["p", "q"])
    with pytest.raises(BadTable, match=r"neither 0 nor 1, first [pq]"):
        LightGBMLearner(config, features, labels)


@pytest.mark.parametrize("damage", ["missing", "torn", "changed"])
def test_a_damaged_decision_is_refused(damage, learner, ids, tmp_path: Path) -> None:
    learner.fit(ids, tmp_path, seed=0)
    before = files(tmp_path)
    path = tmp_path / "inner.json"
    if damage == "missing":
        path.unlink()
    elif damage == "torn":
        path.write_text(path.read_text()[:30])
    else:
        path.write_text(path.read_text().replace('"shift": ', '"shift": 1'))
    with pytest.raises(WrongModel, match=r"inner\.json .*delete inner\.json and train again"):
        learner.predict(ids, [tmp_path])
    path.unlink(missing_ok=True)
    learner.fit(ids, tmp_path, seed=0)
    assert files(tmp_path) == before


def test_no_byte_depends_on_the_number_of_cores(
    learner, ids, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for cores in (1, 4):
        monkeypatch.setattr(jobs, "available_cores", lambda cores=cores: cores)
        learner.fit(ids, tmp_path / str(cores), seed=0)
    assert files(tmp_path / "1") == files(tmp_path / "4")


def test_labels_of_images_not_trained_on_change_nothing(
    config, features, labels, groups, ids, tmp_path: Path
) -> None:
    """Neither models, nor number of trees, nor calibration, nor the columns that are kept."""
    config = dataclasses.replace(config, columns_kept=3, calibration="beta", models=1)
    train, rest = ids[:180], ids[180:]
    turned = labels.copy()
    turned[rest] = 1 - turned[rest]
    for name, truth in (("as they are", labels), ("turned", turned)):
        LightGBMLearner(config, features, truth, groups).fit(train, tmp_path / name, seed=0)
    assert files(tmp_path / "as they are") == files(tmp_path / "turned")


def test_balanced_weights_raise_the_probabilities_and_calibration_takes_it_back(
    config, features, labels, groups, ids, tmp_path: Path
) -> None:
    means = {}
    for weight in ("none", "balanced"):
        for calibration in ("none", "platt"):
            chosen = dataclasses.replace(config, class_weight=weight, calibration=calibration)
            folder = tmp_path / f"{weight}-{calibration}"
            learner = LightGBMLearner(chosen, features, labels, groups)
            learner.fit(ids[:180], folder, seed=0)
            means[weight, calibration] = learner.predict(ids[180:], [folder]).mean()
    assert means["balanced", "none"] > means["none", "none"] + 0.05
    assert means["balanced", "platt"] == pytest.approx(means["none", "platt"], abs=0.05)


def test_categories_are_split_by_set_and_checked(
    config, features, labels, groups, ids, tmp_path: Path
) -> None:
    """An effect of a middle code that no single cut can show."""
    codes = pd.Series(np.arange(len(ids)) % 3, index=ids)
    features = features.assign(view=codes)
    labels = (codes == 1).astype(int)
    config = dataclasses.replace(config, categorical=("view",), models=1, num_leaves=2)
    learner = LightGBMLearner(config, features, labels)
    learner.fit(ids, tmp_path, seed=0)
    text = (tmp_path / "model_seed0.txt").read_text()
    assert "num_cat=1" in text
    with pytest.raises(BadTable, match="no column of codes named sex"):
        LightGBMLearner(dataclasses.replace(config, categorical=("sex",)), features, labels)
    with pytest.raises(BadTable, match=r"not codes 0, 1, 2… in signal"):
        LightGBMLearner(dataclasses.replace(config, categorical=("signal",)), features, labels)


def test_kept_columns_are_the_only_ones_used(
    config, features, labels, groups, ids, tmp_path: Path
) -> None:
    config = dataclasses.replace(config, columns_kept=1)
    learner = LightGBMLearner(config, features, labels, groups)
    learner.fit(ids, tmp_path, seed=0)
    table = importances([tmp_path])
    assert table.index[table["splits"] > 0].tolist() == ["signal"]
    assert learner.predict(ids, [tmp_path]).shape == (len(ids),)
