"""Trees that see one side at a time: no leak from held-out images, resumption, refusals."""

import dataclasses
from pathlib import Path

import lightgbm
import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit
from sklearn.metrics import roc_auc_score

import jobs
from classifiers import BadTable, LightGBMConfig, LightGBMLearner, SidedLearner, WrongModel

SIDES = ("left", "right")


@pytest.fixture
def config(config: LightGBMConfig) -> LightGBMConfig:
    return dataclasses.replace(config, sides=0.6, side_rounds=40)


@pytest.fixture
def side_labels(ids: list[str], labels: pd.Series) -> pd.DataFrame:
    """Every lesion is on one side, every seventh on both."""
    place = np.arange(len(ids))
    left, right = (place % 2 == 0) | (place % 7 == 0), (place % 2 == 1) | (place % 7 == 0)
    truth = labels.to_numpy()
    return pd.DataFrame({"left": truth * left, "right": truth * right}, index=ids)


@pytest.fixture
def sides(ids: list[str], side_labels: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """One column tells in part, nine are noise."""
    rng = np.random.default_rng(2)
    tables = {}
    for side in SIDES:
        table = pd.DataFrame(rng.normal(size=(len(ids), 10)), ids, [f"map{n}" for n in range(10)])
        table["map3"] += 2.0 * side_labels[side]
        tables[side] = table
    return tables


@pytest.fixture
def learner(config, features, labels, groups, sides, side_labels) -> SidedLearner:
    return SidedLearner(config, features, labels, groups, sides=sides, side_labels=side_labels)


@pytest.fixture
def train(ids: list[str]) -> list[str]:
    return ids[:180]


@pytest.fixture
def held_out(ids: list[str]) -> list[str]:
    return ids[180:]


def texts(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_sides_add_what_the_whole_image_does_not_tell(
    learner, config, features, labels, groups, train, held_out, tmp_path
):
    whole = LightGBMLearner(config, features, labels, groups)
    aucs = []
    for name, one in (("sided", learner), ("whole", whole)):
        one.fit(train, tmp_path / name, seed=0)
        aucs.append(roc_auc_score(labels[held_out], one.predict(held_out, [tmp_path / name])))
    assert aucs[0] > aucs[1] + 0.02


def test_without_inner_folds_one_model_of_sides_is_joined_in_log_odds(
    config, features, labels, groups, sides, side_labels, train, held_out, tmp_path
):
    plain = dataclasses.replace(config, inner_folds=0, calibration="none")
    learner = SidedLearner(plain, features, labels, groups, sides=sides, side_labels=side_labels)
    learner.fit(train, tmp_path, seed=3)
    whole = LightGBMLearner(plain, features, labels, groups).predict(held_out, [tmp_path])
    (path,) = (tmp_path / "sides").rglob("model_seed*.txt")
    booster = lightgbm.Booster(model_file=path)
    highest = np.max([booster.predict(sides[side].loc[held_out]) for side in SIDES], axis=0)
    expected = expit(0.4 * logit(whole) + 0.6 * logit(highest))
    np.testing.assert_allclose(learner.predict(held_out, [tmp_path]), expected, rtol=1e-6)
    assert np.abs(highest - whole).max() > 0.05


def test_no_model_of_sides_has_seen_a_group_of_the_inner_fold_that_calibrates_it(
    learner, groups, train, tmp_path, monkeypatch
):
    seen, asked = {}, {}
    sided = learner._sided
    fit, predict = sided.fit_binned, sided.predict

    def spy_fit(binned, folder, **rest):
        assert binned.whole.num_data() == len(binned.rows.ids)
        seen[folder.name] = {groups[row.split()[0]] for row in binned.rows.ids}
        return fit(binned, folder, **rest)

    def spy_predict(rows, folders, **rest):
        (folder,) = folders
        asked[folder.name] = {groups[row.split()[0]] for row in rows}
        return predict(rows, folders, **rest)

    monkeypatch.setattr(sided, "fit_binned", spy_fit)
    monkeypatch.setattr(sided, "predict", spy_predict)
    learner.fit(train, tmp_path, seed=0)
    assert set(seen) == set(asked) == {"fold0", "fold1", "fold2"}
    assert all(seen[name] and asked[name] and not seen[name] & asked[name] for name in seen)
    assert set.union(*asked.values()) == set(groups[train])


def test_joined_probabilities_are_calibrated_on_the_inner_folds(
    learner, labels, train, held_out, tmp_path
):
    learner.fit(train, tmp_path, seed=0)
    p = learner.predict(held_out, [tmp_path])
    assert abs(p.mean() - labels[train].mean()) < 0.06
    kept = jobs.read_json(tmp_path / "sides" / "inner.json")["record"]["calibration"]
    assert kept["method"] == "platt"
    assert kept["slopes"][0] > 1, "averaged log-odds are too timid"


def test_swapping_the_sides_of_an_image_keeps_its_probability(
    learner, config, features, labels, groups, sides, side_labels, train, held_out, tmp_path
):
    learner.fit(train, tmp_path, seed=0)
    swapped = {"left": sides["right"], "right": sides["left"]}
    other = SidedLearner(config, features, labels, groups, sides=swapped, side_labels=side_labels)
    np.testing.assert_allclose(
        learner.predict(held_out, [tmp_path]), other.predict(held_out, [tmp_path]), rtol=1e-12
    )


def test_labels_and_features_of_held_out_images_change_no_byte_of_a_model(
    config, features, labels, groups, sides, side_labels, train, held_out, tmp_path
):
    other_labels, other_sides = side_labels.copy(), {s: t.copy() for s, t in sides.items()}
    other_labels.loc[held_out] = 1 - other_labels.loc[held_out]
    for table in other_sides.values():
        table.loc[held_out] = -5.0
    flipped = labels.where(~labels.index.isin(held_out), 1 - labels)
    for name, truth, tables, targets in (
        ("one", labels, sides, side_labels),
        ("two", flipped, other_sides, other_labels),
    ):
        SidedLearner(config, features, truth, groups, sides=tables, side_labels=targets).fit(
            train, tmp_path / name, seed=0
        )
    assert texts(tmp_path / "one") == texts(tmp_path / "two")
    assert "sides/fold2/model_seed0.txt" in texts(tmp_path / "one")


def test_labels_of_the_sides_of_training_images_do_change_the_models(
    learner, config, features, labels, groups, sides, side_labels, train, tmp_path
):
    learner.fit(train, tmp_path / "one", seed=0)
    SidedLearner(
        config,
        features,
        labels,
        groups,
        sides=sides,
        side_labels=side_labels[["right", "left"]].set_axis(["left", "right"], axis=1),
    ).fit(train, tmp_path / "two", seed=0)
    one, two = (texts(tmp_path / name) for name in ("one", "two"))
    assert one["sides/fold0/model_seed0.txt"] != two["sides/fold0/model_seed0.txt"]
    assert one["model_seed0.txt"] == two["model_seed0.txt"]


def test_labels_of_images_without_one_are_not_asked_for(
    config, features, labels, groups, sides, side_labels, train, held_out, tmp_path
):
    learner = SidedLearner(
        config, features, labels[train], groups, sides=sides, side_labels=side_labels.loc[train]
    )
    learner.fit(train, tmp_path, seed=0)
    assert learner.predict(held_out, [tmp_path]).shape == (len(held_out),)


def test_the_same_seed_writes_the_same_bytes_and_another_seed_others(learner, train, tmp_path):
    for name, seed in (("one", 0), ("two", 0), ("three", 1)):
        learner.fit(train, tmp_path / name, seed=seed)
    one, two, three = (texts(tmp_path / name) for name in ("one", "two", "three"))
    assert one == two
    assert one["sides/fold0/model_seed0.txt"] != three["sides/fold0/model_seed0.txt"]


def test_a_killed_fit_grows_only_what_is_missing(learner, train, tmp_path):
    learner.fit(train, tmp_path, seed=0)
    before = texts(tmp_path)
    lost, kept = (tmp_path / "sides" / f"fold{n}" / "model_seed0.txt" for n in (1, 0))
    written = kept.stat().st_mtime_ns
    lost.unlink()
    learner.fit(train, tmp_path, seed=0)
    assert texts(tmp_path) == before
    assert kept.stat().st_mtime_ns == written


def test_a_fit_killed_before_the_sides_cannot_predict(learner, train, held_out, tmp_path):
    learner.fit(train, tmp_path, seed=0)
    (tmp_path / "sides" / "inner.json").unlink()
    with pytest.raises(WrongModel, match=r"inner\.json"):
        learner.predict(held_out, [tmp_path])


def test_a_damaged_model_of_the_sides_is_refused(learner, train, held_out, tmp_path):
    learner.fit(train, tmp_path, seed=0)
    path = tmp_path / "sides" / "fold1" / "model_seed0.txt"
    path.write_text(path.read_text().replace("leaf_value=", "leaf_value=9", 1))
    with pytest.raises(WrongModel, match="not the model that was written"):
        learner.predict(held_out, [tmp_path])


def test_weight_zero_grows_no_trees_for_sides(
    config, features, labels, groups, sides, side_labels, train, held_out, tmp_path
):
    without = dataclasses.replace(config, sides=0.0)
    learner = SidedLearner(without, features, labels, groups, sides=sides, side_labels=side_labels)
    learner.fit(train, tmp_path, seed=0)
    assert not (tmp_path / "sides").exists()
    plain = LightGBMLearner(without, features, labels, groups)
    assert (learner.predict(held_out, [tmp_path]) == plain.predict(held_out, [tmp_path])).all()


def test_the_probability_of_two_folders_is_their_mean(learner, train, held_out, tmp_path):
    folders = [tmp_path / "one", tmp_path / "two"]
    for seed, folder in enumerate(folders):
        learner.fit(train, folder, seed=seed)
    each = np.array([learner.predict(held_out, [folder]) for folder in folders])
    np.testing.assert_allclose(learner.predict(held_out, folders), each.mean(axis=0))
    assert np.abs(each[0] - each[1]).max() > 1e-3


def test_no_image_gives_no_probability(learner, train, tmp_path):
    learner.fit(train, tmp_path, seed=0)
    assert learner.predict([], [tmp_path]).shape == (0,)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"right": "rename"}, "different columns"),
        ({"right": "drop_row"}, "no feature row"),
        ({}, "different columns or none"),
    ],
)
def test_sides_that_do_not_match_are_refused(
    change, message, config, features, labels, groups, sides, side_labels, train, tmp_path
):
    changed = {}
    if change:
        right = sides["right"]
        changed = {
            "left": sides["left"],
            "right": right.rename(columns={"map0": "other"})
            if change["right"] == "rename"
            else right.drop(index=train[0]),
        }
    with pytest.raises(BadTable, match=message):
        SidedLearner(config, features, labels, groups, sides=changed, side_labels=side_labels).fit(
            train, tmp_path, seed=0
        )


def test_missing_labels_of_a_side_are_refused(config, features, labels, groups, sides, side_labels):
    with pytest.raises(BadTable, match="no labels of the side right"):
        SidedLearner(
            config, features, labels, groups, sides=sides, side_labels=side_labels[["left"]]
        )
