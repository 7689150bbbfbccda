"""Training speed compared with a plain loop, on the same model and batch.

    SIIM_DATA=FOLDER pytest tests/benchmarks/test_bench_training.py -m benchmark_suite -s

The model is a U-Net with efficientnet_lite0 encoder at 256 or 128 px with random weights, batch 16,
on 64 radiographs of SIIM_DATA (random images if that is not set). The plain loop reads PNG files
through a Dataset and a DataLoader and augments them by cv2. The runs alternate; the best round is
compared.
"""

import os
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

import dicomio
import jobs
import rlemask
from segmenters import Segmenter, SegmenterConfig
from tests.benchmarks._plain_loop import training_speed

pytestmark = [
    pytest.mark.benchmark_suite,
    pytest.mark.skipif(torch.cuda.is_available(), reason="the plain loop runs on the CPU"),
]
IMAGES, ROUNDS = 64, 3
STEPS = {256: 8, 128: 24}
"""Training steps of a round by side of the images in pixels."""
LEAST = {(256, 0): 1.5, (256, 2): 1.8, (128, 0): 1.5, (128, 2): 1.8}
"""Minimum ratio by side and frozen stages; measured on an idle machine: 1.8, 2.4, 1.96, 2.6."""
CONFIG = SegmenterConfig().replace(encoder_weights="none", epochs=1, checkpoint_seconds=1e6)


class Stack:
    """Images by id."""

    def __init__(self, pixels: np.ndarray) -> None:
        self.ids, self.pixels = [f"i{k}" for k in range(len(pixels))], pixels

    def take(self, ids: list[str]) -> np.ndarray:
        return self.pixels[[self.ids.index(i) for i in ids]]


@pytest.fixture(scope="module", params=[256, 128])
def stack(request: pytest.FixtureRequest) -> Stack:
    side = request.param
    if "SIIM_DATA" in os.environ:
        files = sorted(Path(os.environ["SIIM_DATA"]).rglob("*.dcm"))[:IMAGES]
        return Stack(np.stack([dicomio.read_image(file, side) for file in files]))
    rng = np.random.default_rng(0)
    return Stack(rng.integers(0, 256, (IMAGES, side, side), dtype=np.uint8))


@pytest.fixture(scope="module")
def masks(stack: Stack) -> np.ndarray:
    """Masks with a square in every second image, uint8 ``(n, side, side)`` of 0 and 255."""
    drawn = np.zeros_like(stack.pixels)
    drawn[1::2, 40:90, 50:100] = 255
    return drawn


@pytest.fixture(scope="module")
def pictures(stack: Stack, masks: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    for name, image, mask in zip(stack.ids, stack.pixels, masks, strict=True):
        cv2.imwrite(str(folder / f"{name}-image.png"), image)
        cv2.imwrite(str(folder / f"{name}-mask.png"), mask)
    return folder


def our_speed(
    stack: Stack, masks: np.ndarray, config: SegmenterConfig, folder: Path
) -> tuple[float, float]:
    """Return images per second of a training run and the share of time waiting for batches."""
    targets = {i: rlemask.runs_of(m > 0) for i, m in zip(stack.ids, masks, strict=True)}
    learner = Segmenter(config, stack, targets)
    learner.fit(stack.ids, folder, seed=0)
    speed = jobs.read_json(folder / "speed.json")
    return speed["images_per_s"], speed["batch_share"]


@pytest.mark.parametrize("frozen", [0, 2])
def test_training_is_faster_than_the_plain_loop(
    benchmark: Callable, stack: Stack, masks: np.ndarray, pictures: Path, tmp_path: Path,
    frozen: int,
) -> None:  # fmt: skip
    """Compare training of all weights, and with two frozen stages, with the plain loop."""
    side = stack.pixels.shape[1]
    whole = CONFIG.replace(size=side, samples=16 * STEPS[side])
    rounds = []
    for number in range(ROUNDS):
        config = whole.replace(frozen_stages=frozen)
        ours, share = our_speed(stack, masks, config, tmp_path / str(number))
        plain = max(
            training_speed(pictures, whole, STEPS[side] // 2, workers) for workers in (0, 2)
        )
        rounds.append((ours, plain, share))
    ours, plain, _ = np.max(rounds, axis=0)
    share = min(share for _, _, share in rounds)
    figures = {"images/s": ours, "plain loop": plain, "ratio": ours / plain, "batches": share}
    benchmark.extra_info.update({name: float(value) for name, value in figures.items()})
    print(
        f"\n{side} px, frozen_stages={frozen}", {k: round(float(v), 3) for k, v in figures.items()}
    )
    benchmark.pedantic(lambda: None, rounds=1)
    assert ours / plain >= LEAST[side, frozen]
    assert share < 0.1, "training waits for batches"
