"""What a feature family is: computed from the pixels of an image, or taken from known facts."""

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

    Implementations are frozen dataclasses: their fields are the parameters, and name, version
    and fields together decide whether a cached table is still good.
    """

    @property
    def name(self) -> str:
        """Prefix of the family's columns, such as "grid"."""
        ...

    @property
    def version(self) -> int:
        """Raised whenever the same parameters give other values."""
        ...

    def compute(self, image: NDArray[np.uint8]) -> dict[str, float]:
        """Return the features of `image`, uint8 `(h, w)`; the same names for every image."""
        ...


@dataclass(frozen=True)
class Facts:
    """What is known of an image beside its pixels, as features; what is unknown is NaN.

    Attributes:
        name: prefix of the columns.
        columns: of the table of facts -> the codes in it, the k-th of which becomes the number k;
            no codes where the column holds numbers.
    """

    name: str
    columns: Mapping[str, Sequence[str]]

    def table(self, facts: pd.DataFrame) -> pd.DataFrame:
        """Return float32 features, one row per row of `facts`.

        Raises:
            BadFacts: `facts` has none of the columns that are read, or text for a number.
        """
        if not any(column in facts for column in self.columns):
            raise BadFacts(
                f"the facts have none of the columns {', '.join(self.columns)}: leave the family "
                f"{self.name} out, or use images of which they are known"
            )
        features = {
            column: _coded(facts, column, codes) if codes else _numbers(facts, column)
            for column, codes in self.columns.items()
        }
        return pd.DataFrame(features, index=facts.index).astype(np.float32)


def select(families: Iterable[Family | Facts], names: Sequence[str]) -> list[Family | Facts]:
    """Return those of `families` that have these `names`, in the order of the names.

    Raises:
        BadFamilies: an unknown name (the message lists the right ones), or a name twice.
    """
    known = {family.name: family for family in families}
    if unknown := [name for name in names if name not in known]:
        raise BadFamilies(
            f"no feature family is named {', '.join(map(repr, unknown))}: "
            f"there are {', '.join(known)}"
        )
    check_names(names)
    return [known[name] for name in names]


def check_names(names: Sequence[str]) -> None:
    """Refuse a name that is there twice.

    Raises:
        BadFamilies: says which.
    """
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise BadFamilies(f"family {', '.join(twice)} is asked for twice: name each once")


def _numbers(facts: pd.DataFrame, column: str) -> pd.Series:
    if column not in facts:
        return pd.Series(np.nan, index=facts.index)
    try:
        return pd.to_numeric(facts[column]).astype("Float64").astype(np.float64)
    except (ValueError, TypeError) as error:
        raise BadFacts(
            f"column {column} of the facts is not numeric ({error}): build the table of the "
            "images again"
        ) from None


def _coded(facts: pd.DataFrame, column: str, codes: Sequence[str]) -> pd.Series:
    if column not in facts:
        return pd.Series(np.nan, index=facts.index)
    texts = facts[column].astype(object).map(lambda text: str(text).strip().upper())
    return texts.map({code: float(k) for k, code in enumerate(codes)}).astype(np.float64)
