"""Compiled conversions between masks and toggles (see `_textkernels`)."""

import numpy as np

from jobs import compiled


@compiled
def fill(flat: np.ndarray, toggles: np.ndarray) -> None:
    """Set the runs in `flat` (uint8) to 1; toggles must be within its bounds."""
    for i in range(0, toggles.size, 2):
        for j in range(toggles[i], toggles[i + 1]):
            flat[j] = 1


@compiled
def straight_toggles(flat: np.ndarray, words: np.ndarray) -> np.ndarray:
    """Return the toggles of a contiguous uint8 array in memory order.

    Args:
        flat: pixels, uint8 `(n,)`; non-zero pixels are the mask.
        words: the same memory as uint64 `(n // 256, 32)`, to skip constant parts.
    """
    # Upper bound of the number; memory pages that are not written are not allocated.
    toggles = np.empty(flat.size + 1, np.int64)
    low, high = np.uint64(0x0101010101010101), np.uint64(0x8080808080808080)
    count = 0
    inside = False
    for block in range(words.shape[0]):
        if not inside:
            some = np.uint64(0)
            for k in range(words.shape[1]):
                some |= words[block, k]
            if some == 0:
                continue
        for k in range(words.shape[1]):
            word = words[block, k]
            # (word - low) & ~word & high is non-zero if a byte of the word is 0.
            if (word - low) & ~word & high == 0 if inside else word == 0:
                continue
            first = 8 * (block * words.shape[1] + k)
            for j in range(first, first + 8):
                if (flat[j] != 0) != inside:
                    toggles[count] = j
                    count += 1
                    inside = not inside
    for j in range(8 * words.size, flat.size):
        if (flat[j] != 0) != inside:
            toggles[count] = j
            count += 1
            inside = not inside
    if inside:
        toggles[count] = flat.size
        count += 1
    return toggles[:count].copy()


@compiled
def crossed_counts(
    mask: np.ndarray, words: np.ndarray, width: int
) -> tuple[np.ndarray, np.ndarray]:
    """Count the toggles of a C-ordered mask in column-major pixel order.

    Every row is compared with the previous row, so that memory is read sequentially.

    Args:
        mask: uint8 `(h, at least width)`; non-zero pixels are the mask.
        words: the same memory as uint64 `(h, k)`.
        width: number of columns of the mask; columns beyond are 0.

    Returns the number of toggles before each column, followed by the total, int64 `(width + 1,)`,
    and whether each row differs from the previous one, uint8 `(h,)`.
    """
    h = mask.shape[0]
    counts = np.zeros(width + 1, np.int64)
    busy = np.zeros(h, np.uint8)
    # The first pixel of a column follows the last pixel of the previous column.
    inside = False
    for c in range(width):
        counts[c + 1] += 1 if (mask[0, c] != 0) != inside else 0
        inside = mask[h - 1, c] != 0
    for r in range(1, h):
        change = np.uint64(0)
        for k in range(words.shape[1]):
            change |= words[r, k] ^ words[r - 1, k]
        if change == 0:
            continue
        busy[r] = 1
        for k in range(words.shape[1]):
            if words[r, k] != words[r - 1, k]:
                for c in range(8 * k, min(8 * k + 8, width)):
                    counts[c + 1] += 1 if (mask[r, c] != 0) != (mask[r - 1, c] != 0) else 0
    for c in range(width):
        counts[c + 1] += counts[c]
    return counts, busy


@compiled
def crossed_toggles(
    mask: np.ndarray, words: np.ndarray, counts: np.ndarray, busy: np.ndarray
) -> np.ndarray:
    """Return the toggles of a C-ordered mask in column-major pixel order, without a transpose.

    Args:
        mask, words: as in `crossed_counts`.
        counts, busy: results of `crossed_counts`; `counts` is modified.
    """
    h, width = mask.shape[0], counts.size - 1
    last = mask[h - 1, width - 1] != 0
    toggles = np.empty(counts[width] + (1 if last else 0), np.int64)
    inside = False
    for c in range(width):
        if (mask[0, c] != 0) != inside:
            toggles[counts[c]] = c * h
            counts[c] += 1
        inside = mask[h - 1, c] != 0
    for r in range(1, h):
        if not busy[r]:
            continue
        for k in range(words.shape[1]):
            if words[r, k] != words[r - 1, k]:
                for c in range(8 * k, min(8 * k + 8, width)):
                    if (mask[r, c] != 0) != (mask[r - 1, c] != 0):
                        toggles[counts[c]] = c * h + r
                        counts[c] += 1
    if last:
        toggles[toggles.size - 1] = h * width
    return toggles
