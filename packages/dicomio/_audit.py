"""What is suspicious about a set of images: doubles, near-doubles, odd header fields."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

HASH_SIDE = 16
"""The hash compares 16 x 16 neighbours in each direction: 512 bits."""
NEAR = 0.06
"""Share of differing bits up to which two images count as near-duplicates."""
PLAUSIBLE_AGE = 120
CHUNK = 256


class ImageStack(Protocol):
    """What a pixel cache offers: ids and pictures uint8 ``(n, size, size)`` in their order."""

    ids: list[str]

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """All pictures."""


class Pair(NamedTuple):
    """Two images and the share of hash bits in which they differ, 0 to 1."""

    first: str
    second: str
    distance: float


class Oddity(NamedTuple):
    """A header field that is out of line: image, column, what is odd about it."""

    image_id: str
    column: str
    message: str


def near_duplicates(stack: ImageStack, *, threshold: float = NEAR) -> list[Pair]:
    """Return pairs of images that look alike, the most alike first.

    Images are compared by the signs of their horizontal and vertical gradients at 16 x 16
    pixels (dHash, both directions): blind to brightness, contrast and compression. Constant
    images are left out.

    Args:
        stack: a pixel cache of any size from 17.
        threshold: greatest share of differing bits.
    """
    hashes, usable = difference_hashes(stack.pixels)
    bits = np.where(usable[:, None], 2.0 * np.unpackbits(hashes, axis=1) - 1.0, 0.0)
    signs = bits.astype(np.float32)
    width = signs.shape[1]
    found: list[Pair] = []
    for at in range(0, len(signs), CHUNK):
        distances = 0.5 - (signs[at : at + CHUNK] @ signs[at:].T) / (2 * width)
        rows, columns = np.nonzero(distances <= threshold)
        found += [
            Pair(stack.ids[at + i], stack.ids[at + j], float(distances[i, j]))
            for i, j in zip(rows.tolist(), columns.tolist(), strict=True)
            if i < j
        ]
    return sorted(found, key=lambda pair: (pair.distance, pair.first, pair.second))


def difference_hashes(pixels: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Return packed bits uint8 ``(n, 64)`` and whether each image has any contrast ``(n,)``."""
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


def exact_duplicates(frame: pd.DataFrame) -> list[list[str]]:
    """Return groups of image ids whose files are the same byte for byte."""
    groups = frame.groupby("digest", sort=True).groups.values()
    return sorted(sorted(map(str, group)) for group in groups if len(group) > 1)


def header_oddities(frame: pd.DataFrame) -> list[Oddity]:
    """Return fields of a frame that no chest radiograph should have, by image.

    Looked at: implausible ages, unknown sexes, other modalities, views and body parts than the
    frame's usual ones, pixel sizes, shapes and bit depths apart from the rest, missing values.
    """
    found: list[Oddity] = []
    ages = frame["patient_age"]
    for image_id, age in ages[(ages > PLAUSIBLE_AGE).fillna(False)].items():
        found.append(Oddity(str(image_id), "patient_age", f"an age of {age} years"))
    for column in ("patient_sex", "modality", "body_part", "view", "photometric", "bits"):
        found += _rare(frame, column)
    for column in ("rows", "columns"):
        found += _rare(frame, column)
    for column in ("patient_age", "patient_sex", "view", "pixel_spacing_x"):
        missing = frame.index[frame[column].isna()]
        found += [Oddity(str(image_id), column, "not given") for image_id in missing]
    return sorted(found)


def _rare(frame: pd.DataFrame, column: str, share: float = 0.01) -> Sequence[Oddity]:
    """Return the images with a value that fewer than `share` of the images have."""
    counts = frame[column].value_counts()
    rare = set(counts.index[counts < share * len(frame)])
    return [
        Oddity(str(image_id), column, f"{value}, as in {counts[value]} of {len(frame)} images")
        for image_id, value in frame[column].items()
        if value in rare
    ]
