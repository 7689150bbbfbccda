"""The pair dialects: Kaggle's (start, length) and SIIM-ACR's (gap, length)."""

import re
from dataclasses import dataclass

import numpy as np

from rlemask import _textkernels
from rlemask._dialect import BLANKS, Dialect
from rlemask._errors import Fault
from rlemask._runs import toggles_from

TOKEN = re.compile(f"[^{BLANKS}]+")
NUMBER = re.compile(r"-?[0-9]+")
LONGEST = 30  # characters of a number that is read, and of a token that a message repeats


@dataclass(frozen=True)
class Pairs(Dialect):
    """Pairs of numbers separated by white space, a run each.

    Faults: a token that is not a whole number or is negative, a number without partner, a run of
    length 0, a run that leaves the mask and, where positions are absolute, a run that begins
    before the one above it has ended. Runs that touch are fine; they are merged.

    Repair, pair by pair as the tokens stand: a pair with a bad or missing number is left out (in
    a relative dialect the next gap counts from where the last good run ended), a run of length 0
    holds nothing, what lies outside the mask is cut off, runs in any order are united.

    Attributes:
        relative: the first number of a pair is the gap since the end of the previous run, from
            pixel 0 at first; else it is the number of the run's first pixel.
        first: the number of the mask's first pixel, where positions are absolute.
        empty: the text of an empty mask.
    """

    relative: bool
    first: int
    empty: str

    def read(self, text: str | bytes, shape: tuple[int, int]) -> tuple[np.ndarray, list[Fault]]:
        """See `Dialect.read`."""
        raw = text.encode() if isinstance(text, str) else text
        size = shape[0] * shape[1]
        toggles, good = _textkernels.read_pairs(
            np.frombuffer(raw, np.uint8), self.relative, self.first, size
        )
        if good:
            return toggles, []
        return self._read_slowly(text if isinstance(text, str) else raw.decode("latin-1"), size)

    def write(self, toggles: np.ndarray, size: int) -> str:
        """See `Dialect.write`; an empty mask is "-1" in "siim", "" in "kaggle"."""
        if not toggles.size:
            return self.empty
        return str(_textkernels.write_pairs(toggles, self.relative, self.first).data, "ascii")

    def _read_slowly(self, text: str, size: int) -> tuple[np.ndarray, list[Fault]]:
        """Read a text that the compiled reader refused, to say why."""
        tokens = list(TOKEN.finditer(text))
        values, faults = self._numbers(tokens)
        runs, previous = [], 0
        for i in range(0, len(values) - 1, 2):
            number, length = values[i], values[i + 1]
            if number is None or length is None:
                continue
            start = previous + number if self.relative else number - self.first
            stop = start + length
            if length == 0:
                faults.append(Fault(tokens[i + 1].start(), i + 2, "the run has length 0"))
            if stop > size:
                said = f"the run ends {stop - size} pixels past the last of {size}"
                faults.append(Fault(tokens[i].start(), i + 1, said))
            if start < previous:
                faults.append(Fault(tokens[i].start(), i + 1, self._disorder(start, previous)))
            runs.append((min(max(start, 0), size), min(max(stop, 0), size)))
            previous = stop if self.relative else max(previous, stop)
        bounds = np.array(runs, np.int64).reshape(-1, 2)
        return toggles_from(bounds[:, 0], bounds[:, 1]), sorted(faults, key=_place)

    def _numbers(self, tokens: list[re.Match[str]]) -> tuple[list[int | None], list[Fault]]:
        values: list[int | None] = []
        faults = []
        for i, token in enumerate(tokens):
            value, said = _number(token[0])
            values.append(value)
            if said:
                faults.append(Fault(token.start(), i + 1, said))
        if len(tokens) % 2:
            said = f"an odd count of numbers ({len(tokens)}): the last has no partner"
            faults.append(Fault(tokens[-1].start(), len(tokens), said))
        return values, faults

    def _disorder(self, start: int, previous: int) -> str:
        if start < 0:
            return f"position {start + self.first}, but pixels are numbered from {self.first}"
        return (
            f"the run begins at {start + self.first}, before the end of an earlier run at "
            f"{previous + self.first}"
        )


def _number(token: str) -> tuple[int | None, str]:
    """Return the value of a token, or None and what is wrong with it."""
    shown = repr(token if len(token) <= LONGEST else token[:LONGEST] + "…")
    if not NUMBER.fullmatch(token):
        return None, f"{shown} is not a whole number"
    if token[0] == "-":
        return None, f"{shown} is negative"
    if len(token) > LONGEST:
        return None, f"{shown} is too large"
    return int(token), ""


def _place(fault: Fault) -> tuple[int, int]:
    return fault.position, fault.token
