"""The errors of this package, and the faults that some of them list.

ContestError
├── UnknownCompetition       no competition has this name
├── DataError                raw files are missing, unreadable or do not match
├── NotOffered               the competition lacks an optional function
└── Faulty                   `.faults` lists every fault
    ├── SpecError            a competition.toml, or a plug-in it names
    └── TableError           a CSV file that cannot be used
        ├── AnnotationError  annotations or groups
        └── SubmissionError  a submission or sample file (also a ValueError)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import jobs

SHOWN = 3
LONGEST = 80


@dataclass(frozen=True)
class Fault:
    """One thing wrong in a table.

    Attributes:
        message: what is wrong and where, one line.
        image_id: of the image concerned; "" if there is none.
        row: line of the file, from 1; None if it concerns no single line.
        level: an "error" prevents the submission, a "warning" is shown.
        kind: a word common to faults of one kind; an error message shows one of each kind first.
    """

    message: str
    image_id: str = ""
    row: int | None = None
    level: Literal["error", "warning"] = "error"
    kind: str = ""

    def __str__(self) -> str:
        """Return the message."""
        return self.message


class ContestError(jobs.UserError):
    """Base of the errors of this package; the message is one line with the remedy."""


class UnknownCompetition(ContestError):
    """No competition has this name."""


class DataError(ContestError):
    """Raw files are missing, unreadable or do not match; the message lists all faults."""


class NotOffered(ContestError):
    """The competition lacks an optional function."""


class Faulty(ContestError):
    """Base of the errors that list faults.

    Args:
        where: what is faulty, such as the path.
        faults: all of them.
        remedy: what to do.
    """

    def __init__(self, where: object, faults: Sequence[Any], remedy: str) -> None:
        self.where, self.faults, self.remedy = str(where), list(faults), remedy
        count = f"{len(self.faults)} faults: " if len(self.faults) > 1 else ""
        examples = _examples(self.faults)
        shown, left = "; ".join(map(str, examples)), len(self.faults) - len(examples)
        more = f"; and {left} more" if left else ""
        super().__init__(f"{self.where}: {count}{shown}{more}: {remedy}")

    def __reduce__(self) -> tuple[type["Faulty"], tuple[str, list[Any], str]]:
        """Support pickling, by which errors leave a worker process."""
        return type(self), (self.where, self.faults, self.remedy)


def _examples(faults: Sequence[Any]) -> list[Any]:
    """Return the first fault of every kind and further ones up to `SHOWN`, in their order."""
    kinds = [getattr(fault, "kind", "") for fault in faults]
    firsts = {kinds.index(kind) for kind in set(kinds)}
    others = [number for number in range(len(faults)) if number not in firsts]
    shown = firsts | set(others[: max(0, SHOWN - len(firsts))])
    return [faults[number] for number in sorted(shown)]


class SpecError(Faulty):
    """A competition.toml is faulty; `.faults` are texts that begin with the key."""


class TableError(Faulty):
    """A CSV file cannot be used; `.faults` are `Fault`s."""


class AnnotationError(TableError):
    """The annotations or the table of groups are faulty."""


class SubmissionError(TableError, ValueError):
    """A submission or sample file is faulty, or does not fit the truth."""


def shown(text: object, longest: int | None = LONGEST) -> str:
    """Return `text` with its control characters escaped, cut after `longest` characters.

    An image id is whatever a table says; a message that holds it stays one line and sends no
    commands to the terminal. Escaped is all that `str.isprintable` refuses: also marks that turn
    the direction of writing, and halves of surrogate pairs.
    """
    text = str(text)
    cut = text if longest is None or len(text) <= longest else f"{text[:longest]}…"
    return "".join(one if one.isprintable() else _escaped(one) for one in cut)


def _escaped(letter: str) -> str:
    return letter.encode("unicode_escape").decode("ascii")
