"""Compiled arithmetic on toggles (see `_textkernels`)."""

import numpy as np

from jobs import compiled


@compiled
def overlap(a: np.ndarray, b: np.ndarray) -> tuple[int, int, int]:
    """Return the areas of two masks and of their intersection, in pixels."""
    pixels_a, pixels_b, shared = 0, 0, 0
    for k in range(0, a.size, 2):
        pixels_a += a[k + 1] - a[k]
    for k in range(0, b.size, 2):
        pixels_b += b[k + 1] - b[k]
    i, j = 0, 0
    while i < a.size and j < b.size:
        shared += max(0, min(a[i + 1], b[j + 1]) - max(a[i], b[j]))
        if a[i + 1] < b[j + 1]:
            i += 2
        else:
            j += 2
    return pixels_a, pixels_b, shared


@compiled
def combine(a: np.ndarray, b: np.ndarray, table: int) -> np.ndarray:
    """Return the toggles of a set operation on two masks.

    Bit 2 * (in a) + (in b) of `table` is 1 if such pixels are in the result; bit 0, for pixels in
    neither mask, must be 0.
    """
    out = np.empty(a.size + b.size, np.int64)
    i, j, count, state = 0, 0, 0, 0
    while i < a.size or j < b.size:
        a_is_next = j >= b.size or (i < a.size and a[i] <= b[j])
        position = a[i] if a_is_next else b[j]
        if i < a.size and a[i] == position:
            i += 1
        if j < b.size and b[j] == position:
            j += 1
        now = (table >> (2 * (i % 2) + j % 2)) & 1
        if now != state:
            out[count] = position
            count += 1
            state = now
    return out[:count]


@compiled
def cut_at_lines(toggles: np.ndarray, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Split runs at the ends of lines of `side` pixels.

    Returns the first pixel and the pixel after the last of each part, int64.
    """
    total = 0
    for i in range(0, toggles.size, 2):
        total += (toggles[i + 1] - 1) // side - toggles[i] // side + 1
    starts = np.empty(total, np.int64)
    stops = np.empty(total, np.int64)
    count = 0
    for i in range(0, toggles.size, 2):
        start = toggles[i]
        while start < toggles[i + 1]:
            stop = min((start // side + 1) * side, toggles[i + 1])
            starts[count] = start
            stops[count] = stop
            count += 1
            start = stop
    return starts, stops


@compiled
def connected(starts: np.ndarray, stops: np.ndarray, side: int, reach: int) -> np.ndarray:
    """Label connected components by union-find over the parts of runs.

    Args:
        starts, stops: results of `cut_at_lines`.
        side: pixels of one line (a column, if pixels are numbered down the columns).
        reach: 0 connects pixels with a common edge, 1 also those with a common corner.

    Returns the label of each part, the index of the first part of its component, int64.
    """
    roots = np.arange(starts.size)
    j = 0
    for i in range(starts.size):
        # Compare with the parts of the previous line, shifted by one line.
        low, high = starts[i] - side, stops[i] - side
        above = starts[i] // side - 1
        while j < i and (starts[j] // side < above or stops[j] + reach <= low):
            j += 1
        k = j
        while k < i and starts[k] // side == above and starts[k] < high + reach:
            a, b = i, k
            while roots[a] != a:
                roots[a] = roots[roots[a]]
                a = roots[a]
            while roots[b] != b:
                roots[b] = roots[roots[b]]
                b = roots[b]
            roots[max(a, b)] = min(a, b)
            k += 1
    for i in range(starts.size):  # parents have lower indices, so one pass suffices
        roots[i] = roots[roots[i]]
    return roots
