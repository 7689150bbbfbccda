"""Guessing the form of run-length texts that are not plausible in their dialect.

A mask consists of few regions, so in the right form most pixels of a run have a neighbour in the
mask on the next line, and successive runs begin about one line apart. In another form this is not
so. Of 3,507 masks of SIIM-ACR and 1,573 of TGS Salt with `LEAST_RUNS` runs, the least share of
pixels with such a neighbour is 0.57.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from rlemask import _runkernels
from rlemask._dialects import Dialect, Pairs, dialect_of

LEAST_RUNS = 8
"""Texts of fewer runs are not looked at."""
PLAUSIBLE, IMPLAUSIBLE = 0.6, 0.3
"""Shares of pixels with a neighbour on the next line that decide about a form."""
SIDES = (
    64, 96, 101, 128, 192, 224, 256, 299, 320, 384, 448, 512, 600, 640, 768, 800, 1024, 1280, 1536,
    1600, 2048, 3000, 4096,
)  # fmt: skip
"""Usual heights of images in pixels."""
NEAR = 0.15
"""Largest distance of starts of successive runs from a line, as a share of it."""
LEAST_EDGES = 5
"""Least number of runs at the end of a line that decide where the numbering begins."""


@dataclass(frozen=True)
class Guess:
    """A form in which texts are plausible, which they are not in their dialect.

    Attributes:
        words: the form, such as "absolute starts".
        texts: number of such texts.
        decided: number of texts that were long enough to decide.
        row: index of the first such text.
    """

    words: str
    texts: int
    decided: int
    row: int


def guess_form(
    texts: Iterable[str], shape: tuple[int, int], dialect: str | Dialect
) -> Guess | None:
    """Return the form in which most texts are plausible; None if they are in their dialect.

    Forms are starts that are absolute or relative to the end of the run before, another height of
    the image, and pixels numbered from 0 or 1. Counts, as in COCO's dialects, are not looked at.
    For pixels numbered along the other axis a mask alone gives no sign.
    """
    rule = dialect_of(dialect)
    if not isinstance(rule, Pairs):
        return None
    side = shape[0] if rule.columns else shape[1]
    pairs = [(row, numbers) for row, text in enumerate(texts) if (numbers := _pairs(text)).size]
    found = [(row, words) for row, one in pairs if (words := _form(one, shape, side, rule))]
    if 2 * len(found) > len(pairs):
        words, count = Counter(words for _, words in found).most_common(1)[0]
        return Guess(words, count, len(pairs), next(row for row, one in found if one == words))
    return None if rule.relative or not pairs else _from_other_pixel(pairs, side, rule)


def _from_other_pixel(pairs: list[tuple[int, np.ndarray]], side: int, rule: Pairs) -> Guess | None:
    """Return the guess that pixels are numbered from 0, as runs begin one pixel before a line.

    Of the runs of TGS Salt, 32,799 begin with a line and 14 with the last pixel of one.
    """
    edges = np.array([_edges(one, side, rule) for _, one in pairs])
    begin, before = edges.sum(axis=0).tolist()
    if before < LEAST_EDGES or before <= 4 * begin:
        return None
    shifted = np.flatnonzero(edges[:, 1])
    words = f"pixels numbered from {rule.first - 1}, not {rule.first}"
    return Guess(words, len(shifted), len(pairs), pairs[shifted[0]][0])


def _pairs(text: str) -> np.ndarray:
    """Return the numbers of a text as pairs, int64 `(n, 2)`; none if there are few, or no pairs."""
    tokens = text.split()
    sound = all(token.isascii() and token.isdigit() and len(token) < 12 for token in tokens)
    if not sound or len(tokens) % 2 or len(tokens) < 2 * LEAST_RUNS:
        return np.empty((0, 2), np.int64)
    return np.array(tokens, np.int64).reshape(-1, 2)


def _form(pairs: np.ndarray, shape: tuple[int, int], side: int, rule: Pairs) -> str:
    """Return the form in which a text is plausible, "" if in the dialect, or in none."""
    given = _toggles(pairs, rule.relative, rule.first)
    fits = _fits(given, side, shape[0] * shape[1])
    if fits and _coherence(given, side) >= IMPLAUSIBLE and _steps(given, side) >= IMPLAUSIBLE:
        return ""
    for relative in (rule.relative, not rule.relative):
        toggles = given if relative == rule.relative else _toggles(pairs, relative, 1 - rule.first)
        for height in _heights(toggles, side):
            same = (relative, height) == (rule.relative, side)
            size = shape[0] * shape[1] if height == side else height * height
            if not same and _fits(toggles, height, size) and _plausible(toggles, height, side):
                return ", ".join(_words(relative, height, rule.relative, side))
    return ""


def _words(relative: bool, height: int, was: bool, side: int) -> Iterator[str]:
    if relative != was:
        yield "starts relative to the end of the run before" if relative else "absolute starts"
    if height != side:
        yield f"images of a height of {height} pixels, not {side}"


def _toggles(pairs: np.ndarray, relative: bool, first: int) -> np.ndarray:
    """Return first pixels and pixels after the last of the runs as they are written, int64."""
    if relative:
        return np.cumsum(pairs.reshape(-1))
    starts = pairs[:, 0] - first
    return np.stack([starts, starts + pairs[:, 1]], axis=1).reshape(-1)


def _fits(toggles: np.ndarray, side: int, size: int) -> bool:
    """Return whether runs are ascending, not empty, and inside an image of `size` pixels."""
    lengths = toggles[1::2] - toggles[::2]
    ascending = bool((toggles[2::2] >= toggles[1:-1:2]).all() and (lengths > 0).all())
    return ascending and toggles[0] >= 0 and int(toggles[-1]) <= size


def _coherence(toggles: np.ndarray, side: int) -> float:
    """Return the share of pixels of the mask whose neighbour on the next line is in it."""
    area, _, shared = _runkernels.overlap(toggles, toggles + side)
    return shared / area


def _steps(toggles: np.ndarray, side: int) -> float:
    """Return the share of successive runs that begin about one line apart."""
    return float((np.abs(np.diff(toggles[::2]) - side) <= NEAR * side).mean())


def _heights(toggles: np.ndarray, side: int) -> list[int]:
    """Return the given height and the usual one that is nearest to the runs' distances."""
    step = float(np.median(np.diff(toggles[::2])))
    return [side, min(SIDES, key=lambda usual: abs(usual - step))]


def _plausible(toggles: np.ndarray, height: int, side: int) -> bool:
    if _coherence(toggles, height) < PLAUSIBLE:
        return False
    return height == side or (
        _steps(toggles, height) >= PLAUSIBLE and _steps(toggles, side) < IMPLAUSIBLE
    )


def _edges(pairs: np.ndarray, side: int, rule: Pairs) -> tuple[int, int]:
    """Return the number of runs that begin with a line, and with the last pixel of one."""
    starts, long = pairs[:, 0] - rule.first, pairs[:, 1] > 1
    return int((starts % side == 0).sum()), int(((starts % side == side - 1) & long).sum())
