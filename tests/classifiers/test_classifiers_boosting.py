"""The folds inside the training images: patients, number of trees, probabilities."""

import dataclasses

import lightgbm
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import log_loss

from classifiers import BadTable, LightGBMConfig, LightGBMLearner
from classifiers._boosting import inner_folds, look_inside
from classifiers._rows import Binned, Rows


@pytest.fixture
def rows(config, features, labels, groups, ids) -> Rows:
    return LightGBMLearner(config, features, labels, groups).training_rows(ids)


def test_no_group_is_in_two_inner_folds(rows: Rows, groups: pd.Series) -> None:
    folds = inner_folds(rows, 3, seed=0)
    assert set(folds) == {0, 1, 2}
    assert (pd.Series(folds).groupby(groups.to_numpy()).nunique() == 1).all()
    assert (folds != inner_folds(rows, 3, seed=1)).any()


def test_few_groups_make_fewer_folds(rows: Rows) -> None:
    positive = np.flatnonzero(rows.labels == 1)
    for count in (1, 2, 5):
        chosen = np.sort(np.r_[positive[:count], np.flatnonzero(rows.labels == 0)[:30]])
        few = Rows(
            [rows.ids[place] for place in chosen], rows.table[chosen], rows.labels[chosen], None,
            rows.names,
        )  # fmt: skip
        if count == 1:
            with pytest.raises(BadTable, match=r"cannot fill 2 folds.*set inner_folds=0"):
                inner_folds(few, 8, seed=0)
        else:
            folds = inner_folds(few, 8, seed=0)
            assert folds.max() + 1 == count
            assert all(0 < few.labels[folds == fold].mean() < 1 for fold in range(count))


def test_trees_and_loss_are_those_of_separate_models(rows: Rows, config: LightGBMConfig) -> None:
    """Against models that are grown one by one to the end, on data binned alike."""
    config = dataclasses.replace(config, patience=1000)
    folds = inner_folds(rows, 3, seed=0)
    binned = Binned(rows, config)
    found = look_inside(binned, config, folds, seed=5)
    courses = np.empty((config.rounds, len(folds)))
    for number in range(3):
        held = folds == number
        training = binned.whole.subset(np.flatnonzero(~held).tolist())
        booster = lightgbm.train(config.parameters(5 + number), training, config.rounds)
        for trees in range(config.rounds):
            courses[trees, held] = booster.predict(rows.table[held], num_iteration=trees + 1)
    losses = [log_loss(rows.labels, p) for p in courses]
    assert found.trees == int(np.argmin(losses)) + 1
    assert found.log_loss == pytest.approx(min(losses))
    np.testing.assert_allclose(found.p, courses[found.trees - 1])


def test_patience_stops_early_at_the_same_tree(rows: Rows, config: LightGBMConfig) -> None:
    config = dataclasses.replace(config, rounds=400, patience=1000)
    folds = inner_folds(rows, 3, seed=0)
    whole = look_inside(Binned(rows, config), config, folds, seed=0)
    asked: list[int] = []

    def stop(trees: int, loss: float) -> bool:
        asked.append(trees)
        return False

    patient = dataclasses.replace(config, patience=15)
    found = look_inside(Binned(rows, patient), patient, folds, seed=0, stop=stop)
    assert (found.trees, found.log_loss) == (whole.trees, whole.log_loss)
    assert asked[-1] < whole.trees + 30 < 400


def test_whoever_asks_can_give_up(rows: Rows, config: LightGBMConfig) -> None:
    folds = inner_folds(rows, 3, seed=0)
    binned = Binned(rows, config)
    found = look_inside(binned, config, folds, seed=0, stop=lambda trees, loss: trees >= 10)
    assert found.trees <= 10


def test_held_images_do_not_choose_the_columns(config, features, labels, groups, ids) -> None:
    """A column that tells the held images alone is not kept by a filter on the others."""
    held = np.arange(len(ids)) < 80
    features = features.drop(columns="signal").assign(trap=np.where(held, labels * 9.0, 0.0))
    config = dataclasses.replace(config, columns_kept=2)
    data = LightGBMLearner(config, features, labels, groups).training_rows(ids)
    training, _ = Binned(data, config).split(held)
    place = data.names.index("trap")
    assert training.feature_num_bin(place) <= 1
    assert Binned(data, config).whole.feature_num_bin(place) > 1
