"""Faults of a feature table are found before anything is trained."""

import numpy as np
import pandas as pd
import pytest

from classifiers import BadTable
from classifiers._table import checked_labels, checked_table, rows


def test_a_good_table_becomes_float32_in_its_order() -> None:
    table = pd.DataFrame(
        {"x": [1, 2], "y": pd.array([None, 0.5], dtype="Float64")}, index=["q", "p"]
    )
    checked = checked_table(table)
    assert list(checked.index) == ["q", "p"]
    np.testing.assert_array_equal(checked, np.array([[1, np.nan], [2, 0.5]], np.float32))


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (pd.DataFrame(index=["p"]), "no columns"),
        (pd.DataFrame({"x": [1, 2]}, index=["p", "p"]), "image id p occurs twice"),
        (pd.DataFrame([[1, 2]], columns=["x", "x"]), "column x occurs twice"),
        (pd.DataFrame({"a b": [1], "c[": [2]}), r"names may hold.*a b, c\["),
        (pd.DataFrame({"x": ["text"]}), "not numbers: x"),
        (pd.DataFrame({"x": [np.inf], "y": [1e300]}), "infinite values in x, y"),
    ],
)
@pytest.mark.filterwarnings("ignore:overflow encountered in cast")
def test_faults_are_named(table: pd.DataFrame, words: str) -> None:
    with pytest.raises(BadTable, match=words):
        checked_table(table)


def test_several_faults_come_together() -> None:
    table = pd.DataFrame([[1, 2], [3, 4]], columns=["a b", "a b"], index=["p", "p"])
    with pytest.raises(BadTable, match="p occurs twice; column a b occurs twice; column names"):
        checked_table(table)


def test_rows_follow_the_ids() -> None:
    series = pd.Series([1, 2, 3], index=["p", "q", "r"])
    np.testing.assert_array_equal(rows(series, ["r", "p"], "label"), [3, 1])
    with pytest.raises(BadTable, match="2 of 3 images have no label, first x"):
        rows(series, ["p", "x", "y"], "label")


def test_doubled_labels_are_refused() -> None:
    with pytest.raises(BadTable, match="twice"):
        checked_labels(pd.Series([0, 1], index=["p", "p"]))
