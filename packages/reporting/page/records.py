"""The gallery's table as JSON, column by column: the data of the page's scripts."""

import math
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from reporting.page.content import Gallery


def describe(gallery: Gallery) -> dict[str, Any]:
    """Return a gallery without its pictures as JSON-able data, rows in the table's order.

    Returns:
        `{"ids": [...], "columns": {name: [...]}, "kinds": {name: kind}, "shape": [h, w],
        "rule": {"text", "threshold", "min_area", "gate"} | None}`; a kind is "text", "number" or
        "truth"; a value that is not known, or not finite, is None.
    """
    table = gallery.table
    kinds = {str(name): _kind(column) for name, column in table.items()}
    columns = {
        str(name): [_plain(value, kinds[str(name)]) for value in column]
        for name, column in table.items()
    }
    return {
        "ids": [str(image_id) for image_id in table.index],
        "columns": columns,
        "kinds": kinds,
        "shape": [int(side) for side in gallery.shape],
        "rule": None if gallery.rule is None else asdict(gallery.rule),
    }


def _kind(column: pd.Series) -> str:
    known = column.dropna()
    if pd.api.types.is_bool_dtype(known) or (
        len(known) and all(isinstance(value, bool | np.bool_) for value in known)
    ):
        return "truth"
    return "number" if pd.api.types.is_numeric_dtype(known) else "text"


def _plain(value: Any, kind: str) -> Any:
    if pd.isna(value):
        return None
    if kind == "text":
        return str(value)
    if kind == "truth":
        return bool(value)
    number = value.item() if isinstance(value, np.generic) else value
    return number if math.isfinite(number) else None
