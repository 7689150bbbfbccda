import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import crossval


def areas_of(n: int, seed: int, share: float = 0.25) -> pd.Series:
    rng = np.random.default_rng(seed)
    areas = np.where(rng.random(n) < share, rng.integers(100, 50_000, n), 0)
    return pd.Series(areas, index=[f"i{k:04d}" for k in range(n)])


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.integers(2, 6))
def test_every_image_has_one_fold_and_no_patient_has_two(seed: int, n_splits: int) -> None:
    areas = areas_of(300, seed)
    patients = pd.Series(np.random.default_rng(seed).integers(0, 120, 300), index=areas.index)
    folds = crossval.make_folds(areas, patients, n_splits=n_splits, seed=seed)
    assert sorted(folds.index) == sorted(areas.index)
    assert set(folds) == set(range(n_splits))
    assert (folds.groupby(patients).nunique() == 1).all()


def test_folds_are_balanced_in_label_and_lesion_size() -> None:
    areas = areas_of(1000, 0)
    folds = crossval.make_folds(areas, seed=3)
    assert np.ptp((areas > 0).groupby(folds).mean()) < 0.01
    bands = crossval.size_bands(areas)
    spread = bands.groupby(folds).value_counts().unstack().agg(np.ptp)
    assert (spread <= 2).all()


def test_grouped_folds_stay_close_in_label_share() -> None:
    areas = areas_of(1000, 1)
    patients = pd.Series(np.random.default_rng(1).integers(0, 600, 1000), index=areas.index)
    folds = crossval.make_folds(areas, patients)
    assert np.ptp((areas > 0).groupby(folds).mean()) < 0.03


def test_the_order_of_rows_does_not_matter_but_the_seed_does() -> None:
    areas = areas_of(200, 2)
    shuffled = areas.sample(frac=1, random_state=0)
    assert crossval.make_folds(areas).equals(crossval.make_folds(shuffled))
    assert not crossval.make_folds(areas).equals(crossval.make_folds(areas, seed=1))


def test_plain_labels_without_sizes_work() -> None:
    labels = (areas_of(100, 3) > 0).astype(int)
    assert crossval.make_folds(labels, n_splits=4).value_counts().min() >= 24


def test_few_positives_of_many_sizes_still_make_folds() -> None:
    areas = pd.Series([0] * 20 + [10, 20, 30, 40, 50, 60], index=[f"i{k:02d}" for k in range(26)])
    folds = crossval.make_folds(areas, n_splits=3)
    assert (areas[areas > 0].groupby(folds).size() == 2).all()


def test_all_faults_are_told_at_once() -> None:
    areas = pd.Series([0.0, 1.0, np.nan, 0.0], index=["a", "a", "b", "c"])
    both = r"1 image ids occur twice in the labels; 1 images have no label"
    with pytest.raises(crossval.FoldError, match=both):
        crossval.make_folds(areas)
    areas = areas_of(50, 0)
    patients = pd.Series("p", index=areas.index[:-1])
    with pytest.raises(crossval.FoldError, match="1 images have no group in the table of groups"):
        crossval.make_folds(areas, patients)


def test_too_few_patients_of_a_class_are_refused() -> None:
    areas = areas_of(50, 0)
    patients = pd.Series("p", index=areas.index)
    with pytest.raises(crossval.FoldError, match=r"1 positive groups cannot fill 5 folds"):
        crossval.make_folds(areas, patients)
    with pytest.raises(ValueError, match="n_splits must be at least 2"):
        crossval.make_folds(areas, n_splits=1)


def test_a_doubled_id_in_the_patient_table_is_named() -> None:
    areas = areas_of(50, 0)
    patients = pd.Series("p", index=[*areas.index, areas.index[0]])
    with pytest.raises(crossval.FoldError, match="1 image ids occur twice in the table of groups"):
        crossval.make_folds(areas, patients)


def test_no_fold_is_without_a_class_however_uneven_the_patients() -> None:
    """Either every fold holds both classes or the folds are refused."""
    refused = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        count = int(rng.integers(30, 60))
        patients = pd.Series(rng.zipf(1.6, count).clip(max=12), index=range(count)).astype(str)
        areas = pd.Series(
            (rng.random(count) < 0.3) * rng.integers(1, 90, count), index=range(count)
        )
        areas.index = patients.index = areas.index.astype(str)
        try:
            folds = crossval.make_folds(areas, patients, seed=seed)
        except crossval.FoldError as error:
            refused += "would contain one class only" in str(error)
            continue
        assert pd.crosstab(folds, areas[folds.index] > 0).to_numpy().min() > 0
    assert refused


def test_size_bands_are_quantiles_of_the_positives() -> None:
    areas = pd.Series([0, 5, 1, 0, 3, 2, 4, 6, 8, 7])
    bands = crossval.size_bands(areas, 4)
    assert bands.tolist() == [0, 3, 1, 0, 2, 1, 2, 3, 4, 4]


def test_folds_survive_writing_and_a_change_by_hand_is_noticed(tmp_path: Path) -> None:
    folds = crossval.make_folds(areas_of(100, 0))
    path = crossval.write_folds(folds, tmp_path)
    assert path.stem == crossval.fold_digest(folds)
    assert crossval.read_folds(path).equals(folds)
    path.write_text(path.read_text().replace("i0001,", "i9999,"))
    with pytest.raises(crossval.FoldError, match="was changed after it was written"):
        crossval.read_folds(path)


def test_folds_of_images_with_odd_names_survive_writing(tmp_path: Path) -> None:
    names = ['a, "b"\n\x1b[31mc', "NA", "-1", "nan", "007", "1e5", "ünï\t=1", "../../x", ""]
    folds = pd.Series(range(len(names)), pd.Index(sorted(names), name="image_id"), name="fold")
    assert crossval.read_folds(crossval.write_folds(folds, tmp_path)).equals(folds)


SMALL = [
    (positives, negatives, groups, n_splits)
    for positives in (0, 1, 2, 4, 9)
    for negatives in (0, 1, 4, 30)
    for groups in (0, 1, 3, 7)
    for n_splits in (2, 5)
]


@pytest.mark.parametrize("grouped", [False, True], ids=["images", "groups"])
def test_the_remedy_of_folds_that_cannot_be_made_helps(grouped: bool) -> None:
    """The line names --folds, --fold-seed, the table of groups, or more images: try it."""
    remedies: set[str] = set()
    for positives, negatives, count, n_splits in SMALL:
        if not positives + negatives or grouped != bool(count):
            continue
        areas = pd.Series([1.0] * positives + [0.0] * negatives).rename(str)
        groups = pd.Series(range(len(areas)), areas.index) % count if count else None
        try:
            folds = crossval.make_folds(areas, groups, n_splits)
        except crossval.FoldError as error:
            remedies.add(tried(str(error), areas, groups, n_splits))
        else:
            assert folds.nunique() == n_splits
    assert remedies >= {"folds", "images"} | ({"groups"} if grouped else set())


def tried(line: str, areas: pd.Series, groups: pd.Series | None, n_splits: int) -> str:
    """Follow the remedy of a message; return which it is."""
    assert line.startswith("no folds can be made: ")
    assert line.isprintable()
    if found := re.search(r"add --folds (\d+)$", line):
        assert crossval.make_folds(areas, groups, int(found[1])).nunique() == int(found[1])
        return "folds"
    if found := re.search(r"add --fold-seed (\d+)$", line):
        crossval.make_folds(areas, groups, n_splits, int(found[1]))
        return "seed"
    if "remove the table of groups" in line:
        assert crossval.make_folds(areas, None, 2).nunique() == 2
        return "groups"
    assert line.endswith("add images: 2 folds need 2 positive and 2 negative ones")
    enough = pd.Series([1.0, 1.0, 0.0, 0.0], ["w", "x", "y", "z"])
    assert crossval.make_folds(pd.concat([areas, enough]), None, 2).nunique() == 2
    return "images"


def test_another_seed_is_named_where_only_the_seed_is_bad() -> None:
    """Of uneven groups some seeds make folds of one class."""
    named = set()
    for seed in range(40):
        rng = np.random.default_rng(seed)
        groups = pd.Series(rng.zipf(1.6, 40).clip(max=12)).astype(str).rename(str)
        areas = pd.Series((rng.random(40) < 0.3) * rng.integers(1, 90, 40)).rename(str)
        try:
            crossval.make_folds(areas, groups, seed=seed)
        except crossval.FoldError as error:
            named.add(tried(str(error), areas, groups, 5))
    assert {"seed", "folds"} <= named
