"""The errors of this package.

RLEError(jobs.UserError, ValueError)   a text that is no mask; `.faults` lists every fault
"""

from collections.abc import Sequence
from dataclasses import dataclass

import jobs

SHOWN = 3  # faults spelt out in the one-line message; all are in `.faults`


@dataclass(frozen=True)
class Fault:
    """One thing wrong in a run-length text.

    Attributes:
        position: offset of the faulty token's first character in the text, from 0 (in a list of
            counts: the index of the number).
        token: the token's number in the text, from 1; 0 for the text as a whole.
        message: what is wrong.
        row: index of the text among several, from 0; None where there is one text only.
    """

    position: int
    token: int
    message: str
    row: int | None = None

    def __str__(self) -> str:
        """Return one line: place (counted from 1 except the row, an index) and message."""
        where = f"token {self.token}, character {self.position + 1}" if self.token else "the text"
        row = "" if self.row is None else f"row {self.row}, "
        return f"{row}{where}: {self.message}"


class RLEError(jobs.UserError, ValueError):
    """Run-length texts that do not describe masks of the given shape; all faults in `.faults`."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = list(faults)
        said = jobs.first_few(self.faults, SHOWN)
        hint = "check dialect and shape, mend the text, or read it with strict=False"
        super().__init__(f"not a run-length text: {said} ({hint})")

    def __reduce__(self) -> tuple[type["RLEError"], tuple[list[Fault]]]:
        """Let the error cross from a worker process."""
        return type(self), (self.faults,)
