"""Known facts become numbers; families are selected by name."""

import numpy as np
import pandas as pd
import pytest

from imagefeatures import BadFacts, BadFamilies, Facts, Grid, Radiomics, select

HEADER = Facts("header", {"age": (), "sex": ("F", "M"), "view": ("PA", "AP"), "spacing": ()})


def test_columns_codes_and_gaps(facts: pd.DataFrame) -> None:
    table = HEADER.table(facts).sort_index()
    assert list(table) == ["age", "sex", "view", "spacing"]
    assert set(table.dtypes) == {np.dtype(np.float32)}
    nan = np.nan
    wanted = [[40, 1, 1, 0.143], [nan, 0, 0, nan], [410, nan, nan, 0.168], [50, 0, 0, 0.143]]
    np.testing.assert_allclose(table.iloc[:4], wanted, rtol=1e-6)


def test_a_missing_column_is_unknown(facts: pd.DataFrame) -> None:
    table = HEADER.table(facts[["view"]])
    assert table["age"].isna().all()
    assert table["view"].notna().any()


def test_text_where_a_number_belongs_is_refused(facts: pd.DataFrame) -> None:
    with pytest.raises(BadFacts, match=r"age.*not numeric"):
        HEADER.table(facts.assign(age="old"))


def test_a_table_of_something_else_is_refused() -> None:
    with pytest.raises(BadFacts, match="age, sex, view, spacing"):
        HEADER.table(pd.DataFrame({"rle": ["-1"]}, index=["a"]))


def test_families_are_selected_by_name() -> None:
    known = (Grid(), HEADER, Radiomics())
    assert select(known, ("header", "grid")) == [HEADER, Grid()]
    assert select(known, ()) == []


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["girdle", "grid", "heads"], "named 'girdle', 'heads': choose from grid, header"),
        (["grid", "header", "grid"], "grid is duplicated"),
    ],
)
def test_wrong_names_of_families_are_refused(names: list[str], words: str) -> None:
    with pytest.raises(BadFamilies, match=words):
        select((Grid(), HEADER), names)
