"""Duplicate images: files with equal bytes, and visually similar images."""

from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imagestack._stack import PixelCache
from jobs import compiled

HASH_SIDE = 16
"""The hash has 16 x 16 bits per direction, 512 in total."""
NEAR = 0.06
"""Largest share of differing bits of near-duplicates."""
ROWS = 256
"""Number of images that one call of the kernel compares with all later images."""
ROOM = 65_536
"""Maximum number of pairs returned by one call of the kernel; further pairs need more calls."""

# Masks of the parallel bit count (Warren, Hacker's Delight, 2nd ed., 5-1).
EVERY_2ND, EVERY_4TH = np.uint64(0x5555555555555555), np.uint64(0x3333333333333333)
EVERY_8TH, LOWEST = np.uint64(0x0F0F0F0F0F0F0F0F), np.uint64(0x0101010101010101)
ONE, TWO, FOUR, TOP = np.uint64(1), np.uint64(2), np.uint64(4), np.uint64(56)


class Pair(NamedTuple):
    """Two image ids and the share of differing hash bits, 0..1."""

    first: str
    second: str
    distance: float


def exact_duplicates(table: pd.DataFrame) -> list[list[str]]:
    """Return groups of image ids with byte-identical files."""
    groups = table.groupby("digest", sort=True).groups.values()
    return sorted(sorted(map(str, group)) for group in groups if len(group) > 1)


def near_duplicates(stack: PixelCache, *, threshold: float = NEAR) -> list[Pair]:
    """Return pairs of visually similar images, sorted by distance.

    The hash consists of the signs of the horizontal and vertical gradients at 16 x 16 pixels
    (dHash, both directions). It is insensitive to brightness, contrast and compression. Constant
    images are ignored. All pairs are compared; memory is proportional to the pairs found.

    Source: N. Krawetz, "Kind of Like That", The Hacker Factor Blog (2013); equal to the hash of
    the `imagehash` library for an image that is reduced in the same way.

    Args:
        stack: pixel cache of size 17 or larger, preferably with one image of each group of
            `exact_duplicates`.
        threshold: largest share of differing bits.
    """
    hashes, usable = difference_hashes(stack.pixels)
    bits = hashes.shape[1] * 8
    rows = np.flatnonzero(usable)
    words = np.ascontiguousarray(hashes[rows]).view(np.uint64)
    found = [
        Pair(stack.ids[rows[i]], stack.ids[rows[j]], differing / bits)
        for block in _close_pairs(words, int(threshold * bits))
        for i, j, differing in block.tolist()
    ]
    return sorted(found, key=lambda pair: (pair.distance, pair.first, pair.second))


def difference_hashes(pixels: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Return packed bits uint8 ``(n, 64)``, and whether each image is not constant, ``(n,)``."""
    side = HASH_SIDE + 1
    hashes = np.zeros((len(pixels), 2 * HASH_SIDE * HASH_SIDE // 8), np.uint8)
    usable = np.zeros(len(pixels), np.bool_)
    for row, picture in enumerate(pixels):
        small = cv2.resize(picture.astype(np.float32), (side, side), interpolation=cv2.INTER_AREA)
        across = small[:-1, 1:] > small[:-1, :-1]
        down = small[1:, :-1] > small[:-1, :-1]
        hashes[row] = np.packbits(np.stack([across, down]))
        usable[row] = small.min() < small.max()
    return hashes, usable


def _close_pairs(words: NDArray[np.uint64], limit: int) -> Iterator[NDArray[np.int64]]:
    """Yield int64 ``(k, 3)``: rows of both images and their differing bits, at most `limit`."""
    room = np.empty((ROOM, 3), np.int64)
    for first in range(0, len(words), ROWS):
        last = min(first + ROWS, len(words))
        row, other = first, first + 1
        while row < last:
            count, row, other = _compare(words, limit, row, other, last, room)
            yield room[:count].copy()


@compiled
def _compare(
    words: NDArray[np.uint64],
    limit: int,
    row: int,
    other: int,
    last: int,
    room: NDArray[np.int64],
) -> tuple[int, int, int]:
    """Compare rows with all later rows, from the pair (`row`, `other`) up to row `last`.

    The comparison of a pair stops when `limit` is exceeded, usually at the second word.

    Returns the number of pairs written to `room`, and the pair at which to continue if it is full.
    """
    count = 0
    while row < last:
        while other < words.shape[0]:
            differing = 0
            for k in range(words.shape[1]):
                x = words[row, k] ^ words[other, k]
                x = x - ((x >> ONE) & EVERY_2ND)
                x = (x & EVERY_4TH) + ((x >> TWO) & EVERY_4TH)
                x = (x + (x >> FOUR)) & EVERY_8TH
                differing += int((x * LOWEST) >> TOP)
                if differing > limit:
                    break
            if differing <= limit:
                if count == room.shape[0]:
                    return count, row, other
                room[count, 0] = row
                room[count, 1] = other
                room[count, 2] = differing
                count += 1
            other += 1
        row += 1
        other = row + 1
    return count, row, other
