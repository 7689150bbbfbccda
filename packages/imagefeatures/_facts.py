"""What is known about patient and acquisition, as numbers."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from cxrfeatures._errors import BadHeader

COLUMNS = ("age", "sex", "view", "spacing")
"""Of the facts: years, DICOM code strings, mm."""
SEXES = {"F": 0.0, "M": 1.0}
VIEWS = {"PA": 0.0, "AP": 1.0}
OLDEST = 120
"""Ages above are typing errors (NIH files say up to 4xx years) and become NaN."""


@dataclass(frozen=True)
class Header:
    """Age in years, sex (0 F, 1 M), view (0 PA, 1 AP), pixel spacing in mm; unknown = NaN."""

    name: ClassVar[str] = "header"
    version: ClassVar[int] = 1

    def table(self, header: pd.DataFrame) -> pd.DataFrame:
        """Return float32 features, one row per row of `header`.

        Raises:
            BadHeader: `header` has none of the columns that are read, or text for a number.
        """
        if not any(column in header for column in COLUMNS):
            raise BadHeader(
                f"the facts have none of the columns {', '.join(COLUMNS)}: leave the family header "
                "out, or use images whose files say them"
            )
        age, spacing = (_numbers(header, column) for column in ("age", "spacing"))
        features = {
            "age": age.where(age.between(0, OLDEST)),
            "sex": _codes(header, "sex", SEXES),
            "view": _codes(header, "view", VIEWS),
            "spacing": spacing,
        }
        return pd.DataFrame(features, index=header.index).astype(np.float32)


def _numbers(header: pd.DataFrame, column: str) -> pd.Series:
    if column not in header:
        return pd.Series(np.nan, index=header.index)
    try:
        return pd.to_numeric(header[column]).astype("Float64").astype(np.float64)
    except (ValueError, TypeError) as error:
        raise BadHeader(
            f"column {column} of the header table is not numeric ({error}): build the frame of "
            "the images again"
        ) from None


def _codes(header: pd.DataFrame, column: str, codes: dict[str, float]) -> pd.Series:
    if column not in header:
        return pd.Series(np.nan, index=header.index)
    texts = header[column].astype(object).map(lambda text: str(text).strip().upper())
    return texts.map(codes).astype(np.float64)
