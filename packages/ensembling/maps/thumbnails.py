"""Small copies of all probability maps on disk, for the search for weights.

From them, the blended map for any weights takes a few microseconds per image. They are only used to
choose weights; rules are fitted and scored on maps of full size.
"""

import math
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

import jobs
import rlemask
from ensembling._metric import Metric, iou, scores_of
from ensembling.maps.averaging import read_maps
from ensembling.maps.member import Member, Weights
from ensembling.maps.reading import ReadOptions, read_each

SIDE = 128
"""Largest side in pixels; 1 % of the image is 160 of these pixels."""

LEVELS = 32
BLOCK = 512
"""Images per task of a thread."""


@dataclass(frozen=True)
class Thumbnails:
    """Small maps in a memory-mapped file.

    Attributes:
        maps: uint8 `(n, m, pixels)`, of the members with maps.
        truth: uint8 `(n, pixels)`, 255 for small pixels that are fully inside.
        positive: bool `(n,)`, whether the truth is not empty.
        which: positions of these members among all.
        members: number of all members.
        metric: of the competition.
    """

    maps: np.ndarray
    truth: np.ndarray
    positive: np.ndarray
    which: tuple[int, ...]
    members: int
    metric: Metric

    def tables(self, weights: Weights, workers: int | None) -> tuple[np.ndarray, np.ndarray]:
        """Return area int32 and gain over the empty mask, both `(n, 32)`, of the blended maps.

        Args:
            weights: of all members, with sum 1.
        """
        used = np.array([weights[k] for k in self.which], np.float32)
        starts = range(0, len(self.truth), BLOCK)
        with ThreadPoolExecutor(workers or jobs.available_cores()) as pool:
            parts = list(pool.map(lambda start: self._block(used, slice(start, start + BLOCK)),
                                  starts))  # fmt: skip
        area, gain = (np.concatenate(column) for column in zip(*parts, strict=True))
        return area, gain

    def _block(self, used: np.ndarray, rows: slice) -> tuple[np.ndarray, np.ndarray]:
        truth = self.truth[rows]
        area, shared = _counted(self.maps[rows], truth, used)
        whole = truth.sum(axis=1, dtype=np.int64)[:, None] / 255
        scores = scores_of(self.metric, iou(area, shared / 255, whole))
        return area, scores - (~self.positive[rows, None])


@contextmanager
def thumbnails(
    members: Sequence[Member],
    truth: Mapping[str, rlemask.Runs],
    ids: Sequence[str],
    metric: Metric,
    how: ReadOptions,
) -> Iterator[Thumbnails]:
    """Make the small copies in a temporary file, which is deleted after the block.

    Raises:
        InputError: with all unusable maps.
        jobs.DiskFull: the folder of temporary files has no space.
    """
    which = tuple(k for k, member in enumerate(members) if member.maps is not None)
    side = min(SIDE, *how.shape)
    with tempfile.TemporaryDirectory(prefix="blend-") as folder:
        size, place = (len(ids), len(which) + 1, side * side), Path(folder) / "maps"
        with jobs.naming_system_errors(tempfile.gettempdir()):
            jobs.reserve(place, math.prod(size))
        table = np.memmap(place, np.uint8, "r+", shape=size)

        def row(image_id: str) -> tuple[int, list[np.ndarray]]:
            true = truth[image_id]
            maps = read_maps([members[k] for k in which], image_id)
            pictures = [*maps, 255 * np.ascontiguousarray(true.mask())]
            return true.area, [_small(one, side) for one in pictures]

        positive = np.empty(len(ids), bool)
        passed = read_each(ids, row, how, label="small maps")
        for number, (pixels, pictures) in enumerate(passed):
            positive[number] = pixels > 0
            table[number] = pictures
        yield Thumbnails(table[:, :-1], table[:, -1], positive, which, len(members), metric)
        del table


def _small(picture: np.ndarray, side: int) -> np.ndarray:
    if picture.shape != (side, side):
        picture = cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA)
    return picture.reshape(-1)


@jobs.compiled
def _counted(
    maps: np.ndarray, truth: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the area of the blended maps at 32 levels and the truth in it, both `(n, 32)`."""
    n, m, pixels = maps.shape
    area, shared = np.zeros((n, 32), np.int32), np.zeros((n, 32), np.int64)
    mean = np.empty(pixels, np.float32)
    for i in range(n):
        mean[:] = 0.5
        for k in range(m):
            if weights[k] > 0:
                for j in range(pixels):
                    mean[j] += weights[k] * maps[i, k, j]
        for j in range(pixels):
            level = int(mean[j]) >> 3
            area[i, level] += 1
            shared[i, level] += truth[i, j]
        for level in range(30, -1, -1):
            area[i, level] += area[i, level + 1]
            shared[i, level] += shared[i, level + 1]
    return area, shared
