"""What a dialect must do."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np

from rlemask._errors import Fault

BLANKS = " \t\n\r\v\f"
NOTHING = np.empty(0, np.int64)


@dataclass(frozen=True)
class Dialect(ABC):
    """One way of writing a mask as a text.

    Attributes:
        columns: pixels are numbered down the columns (Fortran order), else along the rows.
    """

    columns: bool

    @abstractmethod
    def read(self, text: Any, shape: tuple[int, int]) -> tuple[np.ndarray, list[Fault]]:
        """Return the toggles (int64) of one non-empty text, and all its faults.

        With faults the toggles are those of the text as repaired; the dialect says how.
        """

    @abstractmethod
    def write(self, toggles: np.ndarray, size: int) -> str:
        """Return the text of toggles in a mask of `size` pixels."""

    def is_one(self, value: object) -> bool:
        """Say whether a value that is no str is one text of this dialect, not a list of texts."""
        return isinstance(value, bytes)
