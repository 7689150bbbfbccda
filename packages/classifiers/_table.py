"""Checks of the tables passed to a learner; an error lists all faults of a table."""

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from classifiers._errors import BadTable, OneClass

SAFE_NAME = re.compile(r"[A-Za-z0-9_.+-]+")
"""Column names that LightGBM's text format stores unchanged."""


def checked_table(features: pd.DataFrame) -> pd.DataFrame:
    """Return `features` as float32 with NaN for missing values.

    Raises:
        BadTable: no columns, duplicate ids or columns, column names that LightGBM cannot store,
            or columns that are not numeric or contain infinite values.
    """
    _refuse(_shape_faults(features))
    text = [name for name in features if not pd.api.types.is_numeric_dtype(features[name])]
    _refuse([f"not numbers: {_few(text)}"] if text else [])
    values = features.to_numpy(np.float32, na_value=np.nan)
    infinite = features.columns[np.isinf(values).any(axis=0)]
    _refuse([f"infinite values in {_few(infinite)}"] if len(infinite) else [])
    return pd.DataFrame(values, index=features.index, columns=features.columns)


def check_codes(features: pd.DataFrame, names: Sequence[str]) -> None:
    """Check that the categorical columns `names` exist and contain codes.

    Raises:
        BadTable: columns are missing or contain values other than 0, 1, 2…
    """
    absent = [name for name in names if name not in features]
    _refuse([f"no column of codes named {_few(absent)}"] if absent else [])
    codes = features[list(names)]
    wrong = codes.columns[((codes < 0) | (codes % 1 > 0)).any(axis=0)]
    _refuse([f"not codes 0, 1, 2… in {_few(list(wrong))}"] if len(wrong) else [])


def check_filled(table: np.ndarray, names: Sequence[str]) -> None:
    """Check that some column has a value in some training row; trees ignore columns without one.

    Raises:
        BadTable: all columns are NaN in all rows.
    """
    if np.isnan(table).all():
        raise BadTable(
            f"in all {len(table)} training images there is no value for {_few(names)}: leave "
            "families=… out, or set it to another feature family"
        )


def rows(table: pd.DataFrame | pd.Series, ids: Sequence[str], what: str) -> np.ndarray:
    """Return the rows of `table` for `ids`.

    Raises:
        BadTable: ids have no row.
    """
    places = table.index.get_indexer(pd.Index(list(ids), dtype=object))
    if (places < 0).any():
        first = next(image_id for image_id, place in zip(ids, places, strict=True) if place < 0)
        raise BadTable(
            f"{(places < 0).sum()} of {len(ids)} images have no {what}, first {first}: "
            f"add them to the {what}s or leave these images out"
        )
    return table.to_numpy()[places]


def checked_labels(labels: pd.Series) -> pd.Series:
    """Return `labels` as int64.

    Raises:
        BadTable: duplicate ids or values other than 0 and 1.
    """
    wrong = ~labels.isin([0, 1])
    if wrong.any():
        raise BadTable(
            f"{wrong.sum()} labels are neither 0 nor 1, first {labels.index[wrong][0]}: "
            f"{labels[wrong].iloc[0]}; pass 1 for positive images, 0 for the others"
        )
    return checked_once(labels, "labels").astype(np.int64)


def checked_once(series: pd.Series, what: str) -> pd.Series:
    """Return `series` after a check for duplicate ids.

    Raises:
        BadTable: duplicate ids.
    """
    if series.index.has_duplicates:
        first = series.index[series.index.duplicated()][0]
        raise BadTable(f"the {what} hold image id {first} twice: keep one row per image")
    return series


def check_classes(labels: np.ndarray, least: int) -> None:
    """Check that each class has at least `least` training images.

    Raises:
        OneClass: a class has fewer.
    """
    for value, word in ((1, "positive"), (0, "negative")):
        found = int((labels == value).sum())
        if found < least:
            raise OneClass(
                f"{found} of {len(labels)} training images are {word}, at least {least} are "
                "needed: train on more images or use fewer folds"
            )


def _shape_faults(features: pd.DataFrame) -> list[str]:
    faults = []
    if features.shape[1] == 0:
        faults.append("it has no columns")
    if features.index.has_duplicates:
        faults.append(f"image id {features.index[features.index.duplicated()][0]} occurs twice")
    if features.columns.has_duplicates:
        faults.append(f"column {features.columns[features.columns.duplicated()][0]} occurs twice")
    names = [str(name) for name in features.columns if not SAFE_NAME.fullmatch(str(name))]
    if names:
        faults.append(f"column names may hold letters, digits and _ . + - only: {_few(names)}")
    return faults


def _refuse(faults: Sequence[str]) -> None:
    if faults:
        raise BadTable(
            f"the feature table cannot be used: {'; '.join(faults)}; build the features again"
        )


def _few(names: Sequence[object]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(map(str, names[:3])) + more
