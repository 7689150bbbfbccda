"""Feature families: `Family` computes features from pixels, `Facts` from image metadata."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imagefeatures._errors import BadFacts, BadFamilies


@runtime_checkable
class Family(Protocol):
    """A group of features computed from the pixels of one image.

    Implementations are frozen dataclasses whose fields are the parameters; a cached table is
    valid for one name, version and set of field values.
    """

    @property
    def name(self) -> str:
        """Prefix of the family's columns, such as "grid"."""
        ...

    @property
    def version(self) -> int:
        """Version of the algorithm, increased when equal parameters give other values."""
        ...

    def compute(self, image: NDArray[np.uint8]) -> dict[str, float]:
        """Return the features of `image`, uint8 `(h, w)`, with the same names for every image."""
        ...


@dataclass(frozen=True)
class Facts:
    """Features from image metadata; a missing value is NaN.

    Attributes:
        name: prefix of the columns.
        columns: column of the table of facts -> its codes, where code k (from 0) becomes the
            number k; empty for a numeric column.
    """

    name: str
    columns: Mapping[str, Sequence[str]]

    def table(self, facts: pd.DataFrame) -> pd.DataFrame:
        """Return float32 features, one row per row of `facts`.

        Raises:
            BadFacts: `facts` has none of the columns, or a numeric column holds text.
        """
        if not any(column in facts for column in self.columns):
            raise BadFacts(
                f"the facts have none of the columns {', '.join(self.columns)}: leave the family "
                f"{self.name} out, or use images with these columns"
            )
        features = {
            column: _coded(facts, column, codes) if codes else _numbers(facts, column)
            for column, codes in self.columns.items()
        }
        return pd.DataFrame(features, index=facts.index).astype(np.float32)


def select(families: Iterable[Family | Facts], names: Sequence[str]) -> list[Family | Facts]:
    """Return the `families` with these `names`, in the order of the names.

    Raises:
        BadFamilies: a name is unknown (the message lists the known ones) or duplicated.
    """
    known = {family.name: family for family in families}
    if unknown := [name for name in names if name not in known]:
        raise BadFamilies(
            f"no feature family is named {', '.join(map(repr, unknown))}: "
            f"choose from {', '.join(known)}"
        )
    check_names(names)
    return [known[name] for name in names]


def check_names(names: Sequence[str]) -> None:
    """Raise BadFamilies if a family name is duplicated.

    Raises:
        BadFamilies: a name is duplicated; the message lists the duplicates.
    """
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise BadFamilies(f"family {', '.join(twice)} is duplicated: name each family once")


def _numbers(facts: pd.DataFrame, column: str) -> pd.Series:
    if column not in facts:
        return pd.Series(np.nan, index=facts.index)
    try:
        return pd.to_numeric(facts[column]).astype("Float64").astype(np.float64)
    except (ValueError, TypeError) as error:
        raise BadFacts(
            f"column {column} of the facts is not numeric ({error}): rebuild the table of facts"
        ) from None


def _coded(facts: pd.DataFrame, column: str, codes: Sequence[str]) -> pd.Series:
    if column not in facts:
        return pd.Series(np.nan, index=facts.index)
    texts = facts[column].astype(object).map(lambda text: str(text).strip().upper())
    return texts.map({code: float(k) for k, code in enumerate(codes)}).astype(np.float64)
