"""The gallery's table as JSON."""

import json

import numpy as np
import pandas as pd

import reporting
from reporting.page.render import describe
from tests.reporting import blobs


def described(**columns: object) -> dict:
    table = pd.DataFrame(columns, index=["b", "a", "c"])
    gallery = reporting.Gallery(table, blobs.Blobs({}, {}), (8, 9), blobs.RULE)
    return json.loads(json.dumps(describe(gallery), allow_nan=False))


def test_rows_keep_their_order_and_the_rule_its_numbers() -> None:
    found = described(p=[0.25, 1 / 3, 1.0])
    assert found["ids"] == ["b", "a", "c"]
    assert found["columns"]["p"] == [0.25, 1 / 3, 1.0]
    assert found["shape"] == [8, 9]
    assert found["rule"] == {"text": blobs.RULE.text, "threshold": 102, "min_area": 40, "gate": 0.2}


def test_what_is_not_known_is_null_in_every_kind() -> None:
    found = described(
        view=["PA", None, np.nan],
        age=[40, np.nan, np.inf],
        positive=pd.array([True, None, False], dtype="boolean").tolist(),
        whole=pd.array([1, None, 3], dtype="Int64"),
        nothing=[None, None, None],
    )
    assert found["columns"] == {
        "view": ["PA", None, None],
        "age": [40, None, None],
        "positive": [True, None, False],
        "whole": [1, None, 3],
        "nothing": [None, None, None],
    }
    assert found["kinds"]["view"] == "text"
    assert found["kinds"]["age"] == found["kinds"]["whole"] == "number"
    assert found["kinds"]["positive"] == "truth"


def test_numpy_and_categories_become_plain() -> None:
    found = described(
        area=np.array([1, 2, 3], np.int32),
        p=np.array([0.5, 0.25, 0.125], np.float32),
        drawn=np.array([True, False, True]),
        size=pd.Categorical(["small", "large", "small"]),
    )
    assert found["columns"]["area"] == [1, 2, 3]
    assert found["columns"]["p"] == [0.5, 0.25, 0.125]
    assert found["columns"]["drawn"] == [True, False, True]
    assert found["columns"]["size"] == ["small", "large", "small"]
    assert list(found["kinds"].values()) == ["number", "number", "truth", "text"]


def test_a_gallery_without_a_prediction_has_no_rule() -> None:
    table = pd.DataFrame({"age": [3]}, index=["a"])
    found = describe(reporting.Gallery(table, blobs.Blobs({}, {}), (8, 8)))
    assert found["rule"] is None
