"""Compiled conversions between texts and numbers, which detect faults but do not describe them.

Runs are represented by "toggles": the sorted flat positions at which the mask changes.
``toggles[2i]`` is the first pixel of run i and ``toggles[2i + 1]`` the pixel after its last. Runs
neither overlap nor touch, so toggles are strictly ascending.
"""

import numpy as np

from jobs import compiled


@compiled
def read_pairs(text: np.ndarray, relative: bool, first: int, size: int) -> tuple[np.ndarray, bool]:
    """Return the toggles of ASCII pairs (uint8), and whether the text is valid.

    Args:
        text: bytes of the text.
        relative: pairs are (gap since the end of the previous run, length), else
            (position, length).
        first: number of the first pixel.
        size: number of pixels of the image.
    """
    toggles = np.empty(text.size // 2 + 2, np.int64)
    count, i = 0, 0
    start, stop = -1, 0
    while True:
        while i < text.size and (text[i] == 32 or 9 <= text[i] <= 13):
            i += 1
        if i == text.size:
            break
        begin, value = i, 0
        while i < text.size and 48 <= text[i] <= 57:
            value = value * 10 + (int(text[i]) - 48)
            i += 1
        if not 0 < i - begin <= 18:  # no digit, or enough digits for an overflow of sums
            return toggles[:0], False
        if start < 0:
            start = stop + value if relative else value - first
            if start < stop:
                return toggles[:0], False
            continue
        stop = start + value
        if value == 0 or stop > size:
            return toggles[:0], False
        if count and toggles[count - 1] == start:
            toggles[count - 1] = stop
        else:
            toggles[count] = start
            toggles[count + 1] = stop
            count += 2
        start = -1
    return toggles[:count], start < 0


@compiled
def write_pairs(toggles: np.ndarray, relative: bool, first: int) -> np.ndarray:
    """Return toggles as ASCII pairs separated by single spaces, uint8."""
    widest = 2
    if toggles.size:
        largest = toggles[toggles.size - 1] + first
        while largest > 0:
            largest //= 10
            widest += 1
    text = np.empty(toggles.size * widest, np.uint8)
    end = 0
    previous = np.int64(0)
    for i in range(toggles.size):
        value = toggles[i]
        if i % 2:
            value -= toggles[i - 1]
            previous = toggles[i]
        elif relative:
            value -= previous
        else:
            value += first
        if i:
            text[end] = 32
            end += 1
        digits = 1
        rest = value // 10
        while rest > 0:
            rest //= 10
            digits += 1
        for j in range(end + digits - 1, end - 1, -1):
            text[j] = 48 + value % 10
            value //= 10
        end += digits
    return text[:end]


@compiled
def read_compressed(text: np.ndarray) -> tuple[np.ndarray, int, int]:
    """Return the counts of pycocotools' compressed text.

    A character holds 5 bits. From the fourth count on, the text contains the difference to the
    count two before.

    Returns the counts (int64), the number of characters read, and the index of the first character
    of the count at which reading stopped. All characters of a valid text are read. Reading stops
    at a character outside 48..111, a negative count, a count of more than 50 bits, or an
    incomplete last count.
    """
    counts = np.empty(text.size, np.int64)
    found, shift, begin = 0, 0, 0
    value = np.int64(0)
    for i in range(text.size):
        c = np.int64(text[i]) - 48
        if c < 0 or c > 63 or shift > 45:
            return counts[:found], i, begin
        value |= (c & 31) << shift
        shift += 5
        if c & 32:
            continue
        if c & 16:
            value |= np.int64(-1) << shift
        if found > 2:
            value += counts[found - 2]
        if value < 0:
            return counts[:found], i, begin
        counts[found] = value
        found += 1
        value, shift, begin = np.int64(0), 0, i + 1
    if shift:
        return counts[:found], begin, begin
    return counts[:found], text.size, begin


@compiled
def write_compressed(counts: np.ndarray) -> np.ndarray:
    """Return counts (int64) in the compressed form of pycocotools, uint8."""
    text = np.empty(counts.size * 13, np.uint8)
    end = 0
    for i in range(counts.size):
        value = counts[i]
        if i > 2:
            value -= counts[i - 2]
        more = True
        while more:
            c = value & 31
            value >>= 5
            more = value != -1 if c & 16 else value != 0
            text[end] = 48 + (c | 32 if more else c)
            end += 1
    return text[:end]
