"""Compiled counting loops of the texture matrices.

All of them read `ranks`, uint16 `(h + 2 * pad, w + 2 * pad)`: 0 outside the region and in the
border, 1 to `n` inside. Row and column 0 of the results count pixels outside; callers drop them.
"""

import numpy as np

from jobs import compiled


@compiled
def value_counts(codes: np.ndarray, inside: np.ndarray, size: int) -> np.ndarray:
    """Return how often each code occurs where `inside` is not 0, int64 `(size,)`.

    Args:
        codes: uint8 or uint16 `(h, w)`, below `size`.
        inside: uint8 `(h, w)`.
    """
    # Two alternating tables avoid a dependency between increments for equal neighbours.
    counts = np.zeros((2, size), np.int64)
    for y in range(codes.shape[0]):
        for x in range(codes.shape[1]):
            if inside[y, x]:
                counts[x & 1, codes[y, x]] += 1
    return counts[0] + counts[1]


@compiled
def paint(
    ranks: np.ndarray, codes: np.ndarray, inside: np.ndarray, table: np.ndarray, pad: int
) -> None:
    """Write `table[codes]` into `ranks`, within its border and where `inside` is not 0."""
    for y in range(codes.shape[0]):
        row = ranks[y + pad, pad : pad + codes.shape[1]]
        for x in range(codes.shape[1]):
            row[x] = table[codes[y, x]] if inside[y, x] else 0


@compiled
def pair_counts(ranks: np.ndarray, down: int, right: int, pad: int, n: int) -> np.ndarray:
    """Return how often rank j lies `down` and `right` of rank i, int32 `(n + 1, n + 1)`."""
    width = ranks.shape[1] - 2 * pad
    # Two alternating tables, as in `value_counts`.
    counts = np.zeros((n + 1, n + 1, 2), np.int32)
    for y in range(pad, ranks.shape[0] - pad):
        row = ranks[y, pad : pad + width]
        other = ranks[y + down, pad + right : pad + right + width]
        for x in range(width):
            counts[row[x], other[x], x & 1] += 1
    return counts[..., 0] + counts[..., 1]


@compiled
def run_positions(ranks: np.ndarray, pad: int, n: int) -> np.ndarray:
    """Return how many pixels of a rank are the k-th of their run, int32 `(4, n + 1, k + 1)`.

    A run of length k has one k-th pixel and no later one, so the difference along k counts the
    runs of each length. The angles are along the rows, down, down to the right, down to the left.
    """
    height, width = ranks.shape[0] - 2 * pad, ranks.shape[1] - 2 * pad
    counts = np.zeros((4, n + 1, max(height, width) + 2), np.int32)
    above = np.zeros((3, width + 2), np.int32)
    now = np.zeros((3, width + 2), np.int32)
    for y in range(pad, pad + height):
        row = ranks[y, pad - 1 : pad + width + 1]
        over = ranks[y - 1, pad - 1 : pad + width + 1]
        for x in range(1, width + 1):
            now[0, x] = (above[0, x] if over[x] == row[x] else 0) + 1
            now[1, x] = (above[1, x - 1] if over[x - 1] == row[x] else 0) + 1
            now[2, x] = (above[2, x + 1] if over[x + 1] == row[x] else 0) + 1
        k = 0
        for x in range(1, width + 1):
            rank = row[x]
            k = k + 1 if rank == row[x - 1] else 1
            if rank:
                counts[0, rank, k] += 1
                counts[1, rank, now[0, x]] += 1
                counts[2, rank, now[1, x]] += 1
                counts[3, rank, now[2, x]] += 1
        above, now = now, above
    return counts


def zone_counts(ranks: np.ndarray, pad: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the zone matrix, int64 `(n + 1, s)`, and the zone sizes of its columns `(s,)`.

    A zone is a set of equal pixels connected over sides or corners.
    """
    return _sized_zones(*_zone_labels(ranks, pad), n)


@compiled
def _zone_labels(ranks: np.ndarray, pad: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return parent, size and rank of every label after one sweep; label 0 is background.

    A pixel takes its label from above or from the left; of labels that meet, the lowest is parent.
    """
    height, width = ranks.shape[0] - 2 * pad, ranks.shape[1] - 2 * pad
    parent = np.zeros(height * width + 1, np.int32)
    size = np.zeros(height * width + 1, np.int32)
    kind = np.empty(height * width + 1, np.uint16)
    above = np.zeros(width + 2, np.int32)
    now = np.zeros(width + 2, np.int32)
    last = 0
    for y in range(pad, pad + height):
        row = ranks[y, pad - 1 : pad + width + 1]
        over = ranks[y - 1, pad - 1 : pad + width + 1]
        for x in range(1, width + 1):
            rank = row[x]
            if rank == 0:
                continue
            if over[x] == rank:
                label = above[x]
            elif row[x - 1] == rank or over[x - 1] == rank:
                label = now[x - 1] if row[x - 1] == rank else above[x - 1]
                if over[x + 1] == rank:
                    one, other = label, above[x + 1]
                    while parent[one] != one or parent[other] != other:
                        one, other = parent[one], parent[other]
                    root = min(one, other)
                    parent[one] = parent[other] = parent[label] = parent[above[x + 1]] = root
                    label = root
            elif over[x + 1] == rank:
                label = above[x + 1]
            else:
                last += 1
                label = parent[last] = last
                kind[last] = rank
            now[x] = label
            size[label] += 1
        above, now = now, above
    return parent[: last + 1], size[: last + 1], kind[: last + 1]


@compiled
def _sized_zones(
    parent: np.ndarray, size: np.ndarray, kind: np.ndarray, n: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the number of zones of every rank and size, and the sizes.

    A parent comes before its children, so a sweep from the last label adds up the sizes.
    """
    largest = 0
    for label in range(len(parent) - 1, 0, -1):
        if parent[label] != label:
            size[parent[label]] += size[label]
        else:
            largest = max(largest, size[label])
    column = np.zeros(largest + 1, np.int32)
    for label in range(1, len(parent)):
        if parent[label] == label:
            column[size[label]] = 1
    sizes = np.flatnonzero(column)
    for k in range(sizes.size):
        column[sizes[k]] = k
    counts = np.zeros((n + 1, sizes.size), np.int64)
    for label in range(1, len(parent)):
        if parent[label] == label:
            counts[kind[label], column[size[label]]] += 1
    return counts, sizes


@compiled
def neighbour_counts(
    ranks: np.ndarray, levels: np.ndarray, offsets: np.ndarray, pad: int, n: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return equal-neighbour counts and grey tone differences of the pixels of each rank.

    Args:
        levels: the grey levels of `ranks` (the same array where no level is missing).
        offsets: row and column offsets of the neighbours, both directions, int64 `(k, 2)`.

    Returns:
        the number of pixels by number of equal neighbours, int64 `(n + 1, k + 1)`; and, by the
        number of neighbours in the region, the sum over pixels of |that number times the level
        minus the sum of the neighbours' levels|, int64 `(n + 1, k + 1)`.
    """
    width = ranks.shape[1] - 2 * pad
    equal = np.zeros((n + 1, len(offsets) + 1), np.int64)
    apart = np.zeros((n + 1, len(offsets) + 1), np.int64)
    same = np.empty(width, np.uint32)
    near = np.empty(width, np.uint32)
    total = np.empty(width, np.uint32)
    for y in range(pad, ranks.shape[0] - pad):
        row = ranks[y, pad : pad + width]
        same[:] = 0
        near[:] = 0
        total[:] = 0
        for k in range(len(offsets)):
            down, left = y + offsets[k, 0], pad + offsets[k, 1]
            other = ranks[down, left : left + width]
            level = levels[down, left : left + width]
            for x in range(width):
                same[x] += other[x] == row[x]
                near[x] += other[x] != 0
                total[x] += level[x]
        level = levels[y, pad : pad + width]
        for x in range(width):
            rank = row[x]
            if rank:
                equal[rank, same[x]] += 1
                apart[rank, near[x]] += abs(np.int64(level[x]) * near[x] - np.int64(total[x]))
    return equal, apart
