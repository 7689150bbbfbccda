"""The dialects of run-length encoding, and their names.

Pairs are Kaggle's (start, length) and SIIM-ACR's (gap, length). Counts are COCO's lengths of
alternating runs of 0 and 1 down the columns, plain or compressed. Source of the compression:
`maskApi.c` of the COCO API (rleToString, rleFrString), with which the tests compare.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import numpy as np

import jobs
from rlemask import _textkernels
from rlemask._errors import Fault, RLEError
from rlemask._runs import toggles_from

BLANKS = " \t\n\r\v\f"
NOTHING = np.empty(0, np.int64)


@dataclass(frozen=True)
class Dialect(ABC):
    """A dialect of run-length encoding.

    Attributes:
        columns: whether pixels are numbered down the columns (Fortran order), else along the rows.
    """

    columns: bool

    @abstractmethod
    def read(self, text: Any, shape: tuple[int, int]) -> tuple[np.ndarray, list[Fault]]:
        """Return the toggles (int64) of one non-empty text, and all its faults.

        The toggles of a faulty text are those of the repaired text; see the class of the dialect.
        """

    @abstractmethod
    def write(self, toggles: np.ndarray, size: int) -> str:
        """Return the text of a mask, given its toggles and its size in pixels."""

    def is_one(self, value: object) -> bool:
        """Return whether a value other than str is a single text, not a list of texts."""
        return isinstance(value, bytes)


TOKEN = re.compile(f"[^{BLANKS}]+")
NUMBER = re.compile(r"-?[0-9]+")
LONGEST = 30  # maximum length of a number, and of a token in a message, in characters


@dataclass(frozen=True)
class Pairs(Dialect):
    """Pairs of numbers separated by white space, one pair per run.

    Faults: a token that is not a non-negative integer, an odd number of tokens, a run of length 0,
    a run beyond the last pixel and, for absolute positions, a run that begins before the end of an
    earlier run. Adjacent runs are valid; they are merged.

    Repair: a pair with an invalid or missing number is ignored (a relative position then refers to
    the last valid run), a run of length 0 has no pixels, pixels outside the mask are discarded,
    and unordered or overlapping runs are united.

    Attributes:
        relative: the first number of a pair is the gap since the end of the previous run, at first
            since pixel 0; else the number of the run's first pixel.
        first: number of the first pixel, for absolute positions.
        empty: text of an empty mask.
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
        """Return toggles and faults of a text that the compiled parser rejected."""
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
        return toggles_from(bounds[:, 0], bounds[:, 1]), sorted(
            faults, key=attrgetter("position", "token")
        )

    def _numbers(self, tokens: list[re.Match[str]]) -> tuple[list[int | None], list[Fault]]:
        values: list[int | None] = []
        faults = []
        for i, token in enumerate(tokens):
            value, said = _number(token[0])
            values.append(value)
            if said:
                faults.append(Fault(token.start(), i + 1, said))
        if len(tokens) % 2:
            said = f"an odd number of tokens ({len(tokens)}): the last has no partner"
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
    """Return the value of a token and "", or None and the fault."""
    shown = repr(token if len(token) <= LONGEST else token[:LONGEST] + "…")
    if not NUMBER.fullmatch(token):
        return None, f"{shown} is not a whole number"
    if token[0] == "-":
        return None, f"{shown} is negative"
    if len(token) > LONGEST:
        return None, f"{shown} is too large"
    return int(token), ""


COUNT_TOKEN = re.compile(r"[^ \t\n\r\v\f,\[\]]+")
COUNT = re.compile(r"[0-9]{1,30}")


@dataclass(frozen=True)
class Counts(Dialect):
    """Counts of pixels of alternating runs of 0 and 1, beginning with 0.

    Accepted are the text written by `encode` (a JSON list, or pycocotools' compressed string), a
    list or array of integers, and COCO's dict of "counts" (any of these) and "size".

    Faults: a count that is not a non-negative integer, and a sum of counts other than the number
    of pixels. Counts of 0 are valid. A dict of another size is an error even with `strict=False`.

    Repair: reading stops at an invalid count, pixels outside the mask are discarded, and pixels
    without a count are 0.

    Attributes:
        packed: whether the text is pycocotools' compressed string, else a JSON list.
    """

    packed: bool

    def is_one(self, value: object) -> bool:
        """See `Dialect.is_one`."""
        if isinstance(value, bytes | Mapping):
            return True
        if isinstance(value, np.ndarray):
            return value.dtype.kind in "iu"
        is_list = isinstance(value, list | tuple) and len(value) > 0
        return is_list and all(isinstance(v, int | np.integer) for v in value)  # type: ignore[attr-defined]

    def read(self, text: Any, shape: tuple[int, int]) -> tuple[np.ndarray, list[Fault]]:
        """See `Dialect.read`."""
        packed = self.packed
        if isinstance(text, Mapping):
            text = _counts_of(text, shape)
            packed = isinstance(text, str | bytes)
        if not isinstance(text, str | bytes):
            counts, faults = _from_list(text)
        elif packed:
            counts, faults = _unpack(text)
        else:
            counts, faults = _from_json(text)
        return _toggles(counts, shape[0] * shape[1], faults)

    def write(self, toggles: np.ndarray, size: int) -> str:
        """See `Dialect.write`; an empty mask is a single count."""
        counts = counts_of(toggles, size)
        if self.packed:
            return str(_textkernels.write_compressed(counts).data, "ascii")
        return "[" + ", ".join(map(str, counts.tolist())) + "]"


def counts_of(toggles: np.ndarray, size: int) -> np.ndarray:
    """Return COCO's counts, int64: lengths of alternating runs of 0 and 1, beginning with 0."""
    bounds = np.concatenate(([0], toggles, [size]))
    counts = np.diff(bounds)
    return counts[:-1] if toggles.size and toggles[-1] == size else counts


def _counts_of(annotation: Mapping[str, Any], shape: tuple[int, int]) -> Any:
    if "counts" not in annotation:
        raise RLEError([Fault(0, 0, 'the dict has no "counts"')])
    size = tuple(annotation.get("size", shape))
    if size != tuple(shape):
        raise RLEError([Fault(0, 0, f"the dict has size {size}, the mask {tuple(shape)}")])
    return annotation["counts"]


def _from_list(numbers: Any) -> tuple[np.ndarray, list[Fault]]:
    counts: list[int] = []
    for i, number in enumerate(numbers):
        if not isinstance(number, int | np.integer):
            return _kept(counts), [Fault(i, i + 1, f"{number!r} is not a whole number")]
        if number < 0:
            return _kept(counts), [Fault(i, i + 1, f"{number} is negative")]
        counts.append(int(number))
    return _kept(counts), []


def _from_json(text: str | bytes) -> tuple[np.ndarray, list[Fault]]:
    plain = text if isinstance(text, str) else text.decode("latin-1")
    counts: list[int] = []
    for i, token in enumerate(COUNT_TOKEN.finditer(plain)):
        if not COUNT.fullmatch(token[0]):
            said = f"{token[0][:20]!r} is not a whole number of 1 to 30 digits"
            return _kept(counts), [Fault(token.start(), i + 1, said)]
        counts.append(int(token[0]))
    return _kept(counts), []


def _kept(counts: list[int]) -> np.ndarray:
    most = 2**50  # larger than any mask, without overflow of sums of counts
    return np.array([min(count, most) for count in counts], np.int64)


def _unpack(text: str | bytes) -> tuple[np.ndarray, list[Fault]]:
    raw = (text.encode("latin-1", "replace") if isinstance(text, str) else text).strip()
    counts, read, begin = _textkernels.read_compressed(np.frombuffer(raw, np.uint8))
    if read == len(raw):
        return counts, []
    character = chr(raw[read])
    if not 48 <= raw[read] <= 111:
        said = f"{character!r} is not a character of compressed counts (0 to o)"
    elif read == begin and raw[read] - 48 & 32:
        said = "the text ends inside a count"
    else:
        said = "the count is negative or too large"
    return counts, [Fault(begin, counts.size + 1, said)]


def _toggles(counts: np.ndarray, size: int, faults: list[Fault]) -> tuple[np.ndarray, list[Fault]]:
    if not counts.size:
        return NOTHING, faults
    stops = np.cumsum(np.minimum(counts, size + 1))
    if stops[-1] != size and not faults:
        total = sum(counts.tolist())
        faults = [Fault(0, 0, f"the counts add up to {total} pixels, the mask has {size}")]
    stops = np.minimum(stops, size)
    return toggles_from(stops[: stops.size - 1 : 2], stops[1::2]), faults


DIALECTS: dict[str, Dialect] = {
    "coco": Counts(columns=True, packed=False),
    "coco-compressed": Counts(columns=True, packed=True),
    "kaggle": Pairs(columns=True, relative=False, first=1, empty=""),
    "kaggle-rows": Pairs(columns=False, relative=False, first=1, empty=""),
    "siim": Pairs(columns=True, relative=True, first=0, empty="-1"),
    "siim-rows": Pairs(columns=False, relative=True, first=0, empty="-1"),
}
"""Dialects by name: SIIM-ACR's relative pairs, Kaggle's absolute 1-based pairs, COCO's counts.

`encode` writes an empty mask as "-1" in "siim", "" in "kaggle", and a single count in "coco".
"""


def dialect_of(name: str | Dialect) -> Dialect:
    """Return the dialect of a name; a `Dialect` is returned unchanged.

    Raises:
        ValueError: unknown name; the message lists the known names.
    """
    if not isinstance(name, str):
        return name
    if name not in DIALECTS:
        raise ValueError(f"{name!r} is not an RLE dialect: {jobs.known_names(name, DIALECTS)}")
    return DIALECTS[name]
