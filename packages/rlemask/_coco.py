"""The COCO dialects: counts of alternating zeros and ones down the columns, plain or packed.

Source: the COCO API's `maskApi.c` (rleToString, rleFrString), whose results the tests compare.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from rlemask import _textkernels
from rlemask._dialect import NOTHING, Dialect
from rlemask._errors import Fault, RLEError
from rlemask._runs import toggles_from

TOKEN = re.compile(r"[^ \t\n\r\v\f,\[\]]+")
NUMBER = re.compile(r"[0-9]{1,30}")


@dataclass(frozen=True)
class Counts(Dialect):
    """Counts of pixels that are 0, then 1, then 0, and so on.

    Read: the text that `encode` writes (packed: pycocotools' string, else a JSON list), the bare
    list or array of whole numbers, or COCO's dict of "counts" (any of these) and "size".

    Faults: a number that is none or is negative, and counts whose sum is not the number of
    pixels. A count of 0 is fine. A dict for another size is refused even where `strict` is off.

    Repair: reading stops at a bad number; what lies outside the mask is cut off, pixels without
    a count are 0.

    Attributes:
        packed: write pycocotools' string; else a JSON list.
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
        """See `Dialect.write`; an empty mask is one count."""
        counts = counts_of(toggles, size)
        if self.packed:
            return str(_textkernels.write_compressed(counts).data, "ascii")
        return "[" + ", ".join(map(str, counts.tolist())) + "]"


def counts_of(toggles: np.ndarray, size: int) -> np.ndarray:
    """Return COCO's counts, int64: pixels before the first run, in it, up to the next, …"""
    bounds = np.concatenate(([0], toggles, [size]))
    counts = np.diff(bounds)
    return counts[:-1] if toggles.size and toggles[-1] == size else counts


def _counts_of(annotation: Mapping[str, Any], shape: tuple[int, int]) -> Any:
    if "counts" not in annotation:
        raise RLEError([Fault(0, 0, 'the dict has no "counts"')])
    size = tuple(annotation.get("size", shape))
    if size != tuple(shape):
        raise RLEError([Fault(0, 0, f"the dict is for size {size}, asked for is {tuple(shape)}")])
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
    for i, token in enumerate(TOKEN.finditer(plain)):
        if not NUMBER.fullmatch(token[0]):
            said = f"{token[0][:20]!r} is not a whole number of 1 to 30 digits"
            return _kept(counts), [Fault(token.start(), i + 1, said)]
        counts.append(int(token[0]))
    return _kept(counts), []


def _kept(counts: list[int]) -> np.ndarray:
    most = 2**50  # far beyond any mask, and sums of counts stay within int64
    return np.array([min(count, most) for count in counts], np.int64)


def _unpack(text: str | bytes) -> tuple[np.ndarray, list[Fault]]:
    raw = (text.encode("latin-1", "replace") if isinstance(text, str) else text).strip()
    counts, read, begin = _textkernels.read_compressed(np.frombuffer(raw, np.uint8))
    if read == len(raw):
        return counts, []
    character = chr(raw[read])
    if not 48 <= raw[read] <= 111:
        said = f"{character!r} is not a character of packed counts (0 to o)"
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
