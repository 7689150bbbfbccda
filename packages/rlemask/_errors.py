"""The errors of this package.

RLEError(jobs.UserError, ValueError)   invalid run-length text; `.faults` lists all faults
"""

from collections.abc import Sequence
from dataclasses import dataclass

import jobs

SHOWN = 3  # number of faults in the one-line message; `.faults` has all


@dataclass(frozen=True)
class Fault:
    """A fault in a run-length text.

    Attributes:
        position: offset of the first character of the faulty token, from 0 (in a list of counts,
            the index of the number).
        token: number of the token in the text, from 1; 0 for the whole text.
        message: description of the fault.
        row: index of the text in a list or column, from 0; None for a single text.
    """

    position: int
    token: int
    message: str
    row: int | None = None

    def __str__(self) -> str:
        """Return place and message on one line; token and character are counted from 1."""
        where = f"token {self.token}, character {self.position + 1}" if self.token else "the text"
        row = "" if self.row is None else f"row {self.row}, "
        return f"{row}{where}: {self.message}"


class RLEError(jobs.UserError, ValueError):
    """Run-length texts that are not valid for the given shape; `.faults` lists all faults."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = list(faults)
        said = jobs.first_few(self.faults, SHOWN)
        hint = "check dialect and shape, correct the text, or read it with strict=False"
        super().__init__(f"invalid run-length text: {said} ({hint})")

    def __reduce__(self) -> tuple[type["RLEError"], tuple[list[Fault]]]:
        """Support pickling, for errors raised in worker processes."""
        return type(self), (self.faults,)
