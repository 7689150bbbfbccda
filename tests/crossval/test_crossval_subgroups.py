import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

import crossval

N = 200


@pytest.fixture
def areas() -> pd.Series:
    rng = np.random.default_rng(0)
    drawn = np.where(rng.random(N) < 0.4, rng.integers(1, 9000, size=N), 0)
    return pd.Series(drawn, index=[f"i{place}" for place in range(N)])


@pytest.fixture
def p(areas: pd.Series) -> pd.Series:
    rng = np.random.default_rng(1)
    noisy = rng.random(N) + 0.4 * (areas.to_numpy() > 0)
    return pd.Series(noisy / 2, index=areas.index).sample(frac=1, random_state=0)


@pytest.fixture
def kinds(areas: pd.Series) -> pd.DataFrame:
    views = np.resize(["PA", "AP", "PA", None], N)
    return pd.DataFrame({"view": views}, index=areas.index)


def test_a_row_compares_the_images_of_one_subgroup(areas, p, kinds) -> None:
    table = crossval.subgroup_table(areas, p, kinds)
    views = [row for row in table if row["kind"] == "view"]
    assert [row["group"] for row in views] == ["AP", "PA", "unknown"]
    assert [row["images"] for row in views] == [50, 100, 50]
    for row in views:
        named = kinds["view"].fillna("unknown") == row["group"]
        ids = kinds.index[named]
        assert row["auc"] == pytest.approx(roc_auc_score(areas[ids] > 0, p[ids]))
        assert row["positives"] == (areas[ids] > 0).sum()
        low, high = row["auc_interval"]
        assert low < row["auc"] < high


def test_a_lesion_size_is_compared_with_all_negatives(areas, p, kinds) -> None:
    table = crossval.subgroup_table(areas, p, kinds, size_count=3)
    sizes = [row for row in table if row["kind"] == "mask area"]
    negatives = areas.index[areas == 0]
    assert sum(row["positives"] for row in sizes) == (areas > 0).sum()
    assert len(sizes) == 3
    for row in sizes:
        assert row["images"] == row["positives"]
        low, high = (int(text.replace(",", "")) for text in row["group"][:-3].split("–"))
        ids = negatives.append(areas.index[areas.between(low, high)])
        assert row["auc"] == pytest.approx(roc_auc_score(areas[ids] > 0, p[ids]))


def test_a_subgroup_of_one_class_has_no_auc(areas, p, kinds) -> None:
    kinds["sex"] = np.where(areas > 0, "F", "M")
    rows = [row for row in crossval.subgroup_table(areas, p, kinds) if row["kind"] == "sex"]
    assert [(row["group"], row["auc"], row["auc_interval"]) for row in rows] == [
        ("F", None, None),
        ("M", None, None),
    ]


def test_patients_widen_the_intervals(areas, p) -> None:
    """Every image five times, as the five images of one patient."""
    ids = [f"{image_id}-{copy}" for copy in range(5) for image_id in areas.index]
    five = [pd.Series(np.tile(one[areas.index], 5), index=ids) for one in (areas, p)]
    patients = pd.Series(list(areas.index) * 5, index=ids)
    kinds = pd.DataFrame({"view": "PA"}, index=ids)
    alone = crossval.subgroup_table(*five, kinds)[0]["auc_interval"]
    grouped = crossval.subgroup_table(*five, kinds, patients)[0]["auc_interval"]
    assert grouped[1] - grouped[0] > 1.8 * (alone[1] - alone[0])


def test_bands_begin_at_their_edges() -> None:
    ages = pd.Series([-1, 0, 17, 18, 59.5, 60, 99, None], index=list("abcdefgh"))
    bands = crossval.bands_of(ages, [0, 18, 60], " years")
    young, grown, old = "0–17 years", "18–59 years", "60+ years"
    assert bands.tolist() == [None, young, young, grown, grown, old, old, None]
    assert bands.index.equals(ages.index)


def test_scores_of_subgroups_by_hand() -> None:
    areas = pd.Series({"a": 0, "b": 0, "c": 50, "d": 9000})
    judged = pd.DataFrame(
        {"score": [1.0, 0.0, 0.0, 0.8], "predicted": [False, True, False, True]}, index=areas.index
    )
    kinds = pd.DataFrame({"view": ["PA", "AP", "PA", "PA"]}, index=areas.index)
    rows = {row["group"]: row for row in crossval.score_table(areas, judged, kinds, size_count=2)}
    assert rows["PA"] == {
        "kind": "view", "group": "PA", "images": 3, "positives": 2, "score": pytest.approx(0.6),
        "specificity": 1.0, "recall": 0.5, "positive_score": pytest.approx(0.4),
    }  # fmt: skip
    assert rows["AP"]["specificity"] == 0.0
    assert rows["AP"]["recall"] is None
    small, large = rows["50–50 px"], rows["9,000–9,000 px"]
    assert (small["recall"], large["recall"]) == (0.0, 1.0)
    assert large["specificity"] is None


def test_scores_of_subgroups_add_up(areas, p, kinds) -> None:
    rng = np.random.default_rng(3)
    judged = pd.DataFrame({"score": rng.random(N), "predicted": rng.random(N) < 0.3}, areas.index)
    rows = [row for row in crossval.score_table(areas, judged, kinds) if row["kind"] == "view"]
    total = sum(row["images"] * row["score"] for row in rows) / N
    assert total == pytest.approx(judged["score"].mean())
    assert [row["group"] for row in rows][-1] == "unknown"
