"""The images, image size and learning rate of every training step."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from segmenters.config.groups import Training
from segmenters.config.segmenter_config import SegmenterConfig

SEED_SPAN = 2**63 - 1

ONECYCLE_START = 25.0
"""Ratio of peak to initial one-cycle learning rate (Smith & Topin 2019; torch's default)."""


@dataclass(frozen=True)
class Step:
    """One forward and backward pass.

    Attributes:
        epoch: index of the epoch in the whole training.
        number: index of the step in the epoch.
        stage: index of the stage.
        size: side of the images, in pixels.
        members: indices of images in the training set, int64 ``(k,)``.
        shared: number of steps accumulated for the weight update; may be fewer at an epoch's end.
        closes: whether the weights are updated after the step.
        rate: factor of the peak learning rates.
    """

    epoch: int
    number: int
    stage: int
    size: int
    members: np.ndarray
    shared: int
    closes: bool
    rate: float


def plan(
    config: SegmenterConfig, positive: np.ndarray, *, seed: int, processes: int = 1
) -> list[Step]:
    """Return all steps of a training, which depend only on the arguments.

    Args:
        config: the configuration.
        positive: whether each training image is positive, bool ``(n,)``.
        seed: seed of the order of the images.
        processes: number of processes that share a batch; each needs at least two images for its
            batch statistics.
    """
    course, accumulate = config.course, config.training.accumulate
    stages = [number for number, stage in enumerate(course) for _ in range(stage.epochs)]
    least = 1 if processes == 1 else 2 * processes
    orders = []
    for epoch, stage in enumerate(stages):
        order = epoch_order(positive, config.training, seed=seed, epoch=epoch, epochs=len(stages))
        parts = batches(order, course[stage].batch)
        orders.append([part for part in parts if len(part) >= least])
    rates = iter(_rates(config, stages, [len(parts) for parts in orders]))
    return [
        Step(
            epoch=epoch,
            number=number,
            stage=stages[epoch],
            size=course[stages[epoch]].size,
            members=members,
            shared=min(accumulate, len(parts) - number + number % accumulate),
            closes=(number + 1) % accumulate == 0 or number + 1 == len(parts),
            rate=next(rates),
        )
        for epoch, parts in enumerate(orders)
        for number, members in enumerate(parts)
    ]


def epoch_order(
    positive: np.ndarray,
    config: Training,
    *,
    seed: int,
    epoch: int,
    epochs: int | None = None,
) -> np.ndarray:
    """Return the indices of an epoch's images in order, int64 ``(samples,)``.

    The result depends only on the arguments. The share of positive images changes linearly from
    the first to the last of `epochs`, `config.epochs` by default. Images of a class (positive or
    not) repeat only after all others of the class.
    """
    rng = np.random.default_rng([seed, epoch])
    total = config.samples or len(positive)
    first, last = config.positive_share
    rounds = config.epochs if epochs is None else epochs
    share = first + (last - first) * (epoch / max(1, rounds - 1))
    wanted = round(total * share)
    classes = np.flatnonzero(positive), np.flatnonzero(~positive)
    if not len(classes[1]):
        wanted = total
    picked = np.concatenate(
        [_cycled(classes[0], wanted, rng), _cycled(classes[1], total - wanted, rng)]
    )
    return rng.permutation(picked)


def batches(order: np.ndarray, batch: int) -> Iterator[np.ndarray]:
    """Yield consecutive batches of `order`; a last batch of one image is dropped if `batch` > 1."""
    for start in range(0, len(order), batch):
        part = order[start : start + batch]
        if len(part) >= min(2, batch):
            yield part


def _cycled(members: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    rounds = -(-count // max(1, len(members)))
    drawn = [rng.permutation(members) for _ in range(rounds)]
    return np.concatenate([*drawn, np.empty(0, np.int64)])[:count].astype(np.int64)


def rate_factor(step: int, steps: int, warmup: float, schedule: str = "cosine") -> float:
    """Return the factor of the peak learning rate at `step` of `steps`.

    "cosine" is a linear warm-up and a cosine decay to 0; "onecycle" a cosine warm-up from 1/25
    and a cosine decay to nearly 0.
    """
    rising = max(1, round(warmup * steps))
    if step < rising:
        if schedule == "cosine":
            return (step + 1) / rising
        low = 1 / ONECYCLE_START
        return low + (1 - low) * 0.5 * (1 - math.cos(math.pi * (step + 1) / rising))
    return 0.5 * (1 + math.cos(math.pi * (step - rising) / max(1, steps - rising)))


def _rates(config: SegmenterConfig, stages: list[int], lengths: list[int]) -> list[float]:
    """Return the learning rate factor of every step; with `restarts`, one schedule per stage."""
    training, rates = config.training, list[float]()
    for number, stage in enumerate(config.course):
        steps = sum(n for n, owner in zip(lengths, stages, strict=True) if owner == number)
        begin, span = (0, steps) if training.restarts else (len(rates), sum(lengths))
        for step in range(begin, begin + steps):
            factor = rate_factor(step, span, training.warmup, training.schedule)
            rates.append(factor * stage.rate)
    return rates


def mixed(*words: int) -> int:
    """Return a seed derived from all `words`."""
    state = np.random.SeedSequence(list(words)).generate_state(2, np.uint32)
    return (int(state[0]) << 32 | int(state[1])) % SEED_SPAN
