"""Header rows become numbers."""

import numpy as np
import pandas as pd
import pytest

from cxrfeatures import BadHeader, Header


def test_columns_codes_and_gaps(header: pd.DataFrame) -> None:
    table = Header().table(header).sort_index()
    assert list(table) == ["age", "sex", "view", "spacing"]
    assert set(table.dtypes) == {np.dtype(np.float32)}
    nan = np.nan
    wanted = [[40, 1, 1, 0.143], [nan, 0, 0, nan], [nan, nan, nan, 0.168], [50, 0, 0, 0.143]]
    np.testing.assert_allclose(table.iloc[:4], wanted, rtol=1e-6)


def test_a_missing_column_is_unknown(header: pd.DataFrame) -> None:
    table = Header().table(header[["view"]])
    assert table["age"].isna().all()
    assert table["view"].notna().any()


def test_text_where_a_number_belongs_is_refused(header: pd.DataFrame) -> None:
    with pytest.raises(BadHeader, match=r"age.*not numeric"):
        Header().table(header.assign(age="old"))


def test_a_table_of_something_else_is_refused() -> None:
    with pytest.raises(BadHeader, match="age, sex, view, spacing"):
        Header().table(pd.DataFrame({"rle": ["-1"]}, index=["a"]))
