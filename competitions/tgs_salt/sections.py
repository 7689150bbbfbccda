"""Synthetic seismic images: layers with dips, folds and faults, and bodies of salt and of gas."""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

import drawing
import jobs
import rlemask

SIDE = 101
SALT_SHARE = 0.6
"""Share of images with salt, as in the competition."""

GAS_SHARE = 0.2
"""Share of images with a body without salt whose layers are disturbed, as by gas."""

BLACK_SHARE = 0.02
"""Share of images that are constant and have no salt."""

DEPTHS = (50, 960)


class Section(NamedTuple):
    """An image, uint8 `(SIDE, SIDE)`, its mask, bool, and its depth in feet."""

    image: np.ndarray
    mask: np.ndarray
    depth: int


def synthesize(
    out: Path, *, images: int, test: int, seed: int, report: jobs.Report = jobs.silent
) -> int:
    """Write synthetic sections in the competition's format; return the number of positives."""
    with jobs.writing_folder(out) as folder:
        parts = {"train": range(images), "test": range(images, images + test)}
        made = {
            part: [
                (
                    _id(seed, number),
                    _written(folder / part, part, seed, number, images + test, report),
                )
                for number in numbers
            ]
            for part, numbers in parts.items()
        }
        every = [*made["train"], *made["test"]]
        _write(folder / "train.csv", "id,rle_mask", _masks(made["train"]))
        _write(folder / "test-truth.csv", "id,rle_mask", _masks(made["test"]))
        _write(
            folder / "sample_submission.csv", "id,rle_mask", ((i, "1 1") for i, _ in made["test"])
        )
        _write(folder / "depths.csv", "id,z", ((i, one.depth) for i, one in every))
    return sum(bool(one.mask.any()) for _, one in made["train"])


def draw(rng: np.random.Generator) -> Section:
    """Draw a section."""
    depth = int(rng.integers(*DEPTHS))
    if rng.random() < BLACK_SHARE:
        empty = np.zeros((SIDE, SIDE), bool)
        return Section(empty.astype(np.uint8), empty, depth)
    kind = rng.random()
    salt, gas = kind < SALT_SHARE, SALT_SHARE <= kind < SALT_SHARE + GAS_SHARE
    body = _body(rng) if salt or gas else np.zeros((SIDE, SIDE), bool)
    layers = _layers(rng)
    # layers shine through salt a little and through gas more, and only salt has a strong top
    kept = rng.uniform(0, 0.4) if salt else rng.uniform(0.2, 0.6)
    signal = np.where(body, kept * layers + (1 - kept) * _chaos(rng), layers)
    edge = cv2.GaussianBlur(body.astype(np.float32), (0, 0), 1.0)
    top = rng.uniform(0.2, 2.0) if salt else rng.uniform(0, 0.4)
    signal = signal + top * cv2.Sobel(edge, cv2.CV_32F, 0, 1, ksize=5) / 16
    signal = cv2.GaussianBlur(signal.astype(np.float32), (0, 0), 0.7)
    signal = signal + rng.normal(0, rng.uniform(0.1, 0.35), signal.shape)
    grey = 120 + rng.uniform(20, 45) * signal + rng.uniform(-25, 25)
    return Section(np.clip(grey, 0, 255).astype(np.uint8), body & salt, depth)


def _body(rng: np.random.Generator) -> np.ndarray:
    """Return a salt body below a rough top, or a column between rough flanks, bool."""
    across = np.arange(SIDE)
    if rng.random() < 0.7:
        top = rng.uniform(10, 85) + _rough(rng, 18)
        return np.asarray(across[:, None] > top[None, :])
    left = rng.uniform(-20, 50) + _rough(rng, 8)
    right = left + rng.uniform(30, 70) + _rough(rng, 8)
    return np.asarray((across > left[:, None]) & (across < right[:, None]))


def _rough(rng: np.random.Generator, height: float) -> np.ndarray:
    """Return a smooth random line of `SIDE` values of about `height`."""
    nodes = rng.normal(0, height, 6).astype(np.float32)[None]
    return cv2.resize(nodes, (SIDE, 1), interpolation=cv2.INTER_CUBIC)[0]


def _layers(rng: np.random.Generator) -> np.ndarray:
    """Return reflections of layers: reflectivity by depth, convolved with a Ricker wavelet."""
    down, across = np.mgrid[:SIDE, :SIDE].astype(np.float32)
    shift = rng.uniform(-0.5, 0.5) * across + _rough(rng, 6)[None]
    shift += rng.uniform(-12, 12) * (across > rng.uniform(20, 80) + 0.2 * down)
    column = rng.normal(0, 1, 4 * SIDE) * (rng.random(4 * SIDE) < 0.35)
    time = np.arange(-12, 13) * rng.uniform(0.7, 1.1)
    ricker = (1 - 0.35 * time**2) * np.exp(-0.175 * time**2)
    trace = np.convolve(column, ricker, mode="same")
    return np.interp(down + shift + 1.5 * SIDE, np.arange(4 * SIDE), trace)


def _chaos(rng: np.random.Generator) -> np.ndarray:
    """Return weak noise without layers."""
    noise = rng.normal(0, 1, (SIDE, SIDE)).astype(np.float32)
    return rng.uniform(0.3, 0.9) * cv2.GaussianBlur(noise, (0, 0), rng.uniform(0.8, 1.6))


def _written(
    folder: Path, part: str, seed: int, number: int, total: int, report: jobs.Report
) -> Section:
    """Draw image `number`, and write its picture and, of a training image, its mask picture."""
    one = draw(np.random.default_rng([seed, number]))
    name = f"{_id(seed, number)}.png"
    drawing.write_png(folder / "images" / name, np.dstack([one.image] * 3))
    if part == "train":
        # the competition's masks are 16-bit pictures with salt and 8-bit pictures without
        values = one.mask * np.uint16(65535) if one.mask.any() else np.zeros_like(one.image)
        drawing.write_png(folder / "masks" / name, values)
    report("images", number + 1, total, {})
    return one


def _id(seed: int, number: int) -> str:
    return hashlib.sha256(f"{seed} {number}".encode()).hexdigest()[:10]


def _masks(rows: Iterable[tuple[str, Section]]) -> Iterable[tuple[str, str]]:
    return ((i, rlemask.encode(one.mask.astype(np.uint8), "kaggle")) for i, one in rows)


def _write(path: Path, header: str, rows: Iterable[tuple[object, ...]]) -> None:
    lines = [header, *(",".join(map(str, row)) for row in rows)]
    jobs.write_text(path, "\n".join(lines) + "\n")
