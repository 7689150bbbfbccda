"""Bias of the honest score and coverage of its interval, on simulated runs.

    python tests/benchmarks/study_honest.py ROWS [--metric dice|tgs] [--repeats 200]
        [--images 300 1000] [--fresh 6000]

Each repeat simulates images in groups (about two images each, of equal difficulty), objects in
22 % of the images, and two members with a probability and a probability map of 24 px that contains
false positives. The blend is fitted and scored as in `tools blend`, by Dice or by the metric of the
TGS Salt Identification Challenge, then applied to new images of other groups. To reduce variance,
the score on the new images is weighted to the expected share of positives. Both metrics use the
same images. The output for each number of images: mean and standard error over the repeats of the
in-sample score, the honest score and the score on new images ("fresh"), the bias of the first two,
and the share of repeats in which the 95 % interval of the honest score contains the score on new
images.

Each repeat is a row of the CSV file ROWS, which may hold both metrics. Existing rows are not
computed again, so that an interrupted study can be resumed. After a change of the blend, use a new
file.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from joblib import Parallel, delayed

import crossval
import ensembling
import rlemask
from tests.metrics import METRICS

SHAPE, SIDE, POSITIVE = (48, 48), 24, 0.22
RUNS = ("one", "two")
COLUMNS = ("metric", "images", "seed", "in_sample", "honest", "low", "high", "fresh")


@dataclass(frozen=True)
class Sample:
    """Truth and groups of images, and the predictions of two members."""

    truth: dict[str, rlemask.Runs]
    groups: pd.Series
    members: list[ensembling.Member]


class Maps(dict):
    """Probability maps by image id, uint8 `(24, 24)`."""

    def read(self, image_id: str) -> np.ndarray:
        return self[image_id]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("rows", type=Path)
    parser.add_argument("--metric", choices=list(METRICS), default="dice")
    parser.add_argument("--repeats", type=int, default=200)
    parser.add_argument("--images", type=int, nargs="+", default=[300, 1000])
    parser.add_argument("--fresh", type=int, default=6000)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    if not options.rows.exists():
        options.rows.write_text(",".join(COLUMNS) + "\n")
    if tuple(pd.read_csv(options.rows, nrows=0)) != COLUMNS:
        parser.error(f"{options.rows} must have the columns {', '.join(COLUMNS)}: use a new file")
    for images in options.images:
        _compute(options, images)
    print(
        "images\trepeats\tin sample\thonest\tfresh\toptimism\tbias of honest\tinterval holds fresh"
    )
    for images in options.images:
        rows = _done(options, images).query(f"seed < {options.repeats}")
        print(images, len(rows), *_summary(rows), sep="\t", flush=True)


def _compute(options: argparse.Namespace, images: int) -> None:
    """Compute the missing repeats and append them to the CSV file."""
    left = sorted(set(range(options.repeats)) - set(_done(options, images)["seed"]))
    pool = Parallel(options.jobs, return_as="generator_unordered")
    computed = pool(delayed(repeat)(options.metric, images, seed, options.fresh) for seed in left)
    for number, row in enumerate(computed, start=1):
        with open(options.rows, "a") as file:
            file.write(",".join(map(str, row)) + "\n")
        print(f"{images} images: {number} of {len(left)}", file=sys.stderr, flush=True)


def _done(options: argparse.Namespace, images: int) -> pd.DataFrame:
    return pd.read_csv(options.rows).query(f"metric == {options.metric!r} and images == {images}")


def repeat(metric: str, images: int, seed: int, fresh: int) -> tuple[str | float, ...]:
    """Return the row of one repeat: a value for each of `COLUMNS`."""
    rng = np.random.default_rng([seed, images])
    sample = draw(images, rng)
    labels = pd.Series({i: int(mask.area > 0) for i, mask in sample.truth.items()})
    folds = crossval.make_folds(labels, sample.groups, seed=seed)
    groups = sample.groups[folds.index]
    blend, _ = ensembling.fit(
        sample.members,
        sample.truth,
        folds,
        groups,
        metric=METRICS[metric],
        workers=1,
        resamples=1000,
    )
    score = fresh_score(blend, draw(fresh, rng), METRICS[metric])
    return metric, images, seed, blend.score_in_sample, blend.score_honest, *blend.interval, score


def fresh_score(blend: ensembling.Blend, sample: Sample, metric: ensembling.Metric) -> float:
    """Return the score of a fitted blend on new images, weighted to the share of positives."""
    ids = list(sample.truth)
    drawn = ensembling.apply(blend, sample.members, ids, shape=SHAPE, workers=1)
    scores = metric(np.array([sample.truth[i].iou(drawn[i]) for i in ids]))
    positive = np.array([sample.truth[i].area > 0 for i in ids])
    return float(POSITIVE * scores[positive].mean() + (1 - POSITIVE) * scores[~positive].mean())


def draw(images: int, rng: np.random.Generator) -> Sample:
    """Return a simulated sample of `images` images; the difficulty varies by group."""
    patient = np.sort(rng.integers(0, max(1, images // 2), images))
    hard = rng.normal(0, 0.7, images)[patient]
    ids = [f"i{k}" for k in range(images)]
    truth: dict[str, rlemask.Runs] = {}
    maps: tuple[Maps, Maps] = (Maps(), Maps())
    positive = rng.random(images) < POSITIVE
    for k, image_id in enumerate(ids):
        mask = _lesion(rng) if positive[k] else np.zeros(SHAPE, np.uint8)
        truth[image_id] = rlemask.runs_of(mask)
        for one in maps:
            one[image_id] = _soft(mask, 2.5 + hard[k], rng)
    p = {}
    for name, noise in zip(RUNS, (1.2, 1.6), strict=True):
        logit = 2.2 * positive - 2.0 + rng.normal(0, noise, images) + 0.5 * hard
        p[name] = pd.Series(1 / (1 + np.exp(-logit)), index=ids)
    members = [ensembling.Member(name, p[name], one) for name, one in zip(RUNS, maps, strict=True)]
    return Sample(truth, pd.Series([f"p{k}" for k in patient], index=ids), members)


def _lesion(rng: np.random.Generator) -> np.ndarray:
    mask = np.zeros(SHAPE, np.uint8)
    h, w = rng.integers(4, 22, 2)
    top, left = rng.integers(0, SHAPE[0] - h), rng.integers(0, SHAPE[1] - w)
    mask[top : top + h, left : left + w] = 1
    return mask


def _soft(mask: np.ndarray, noise: float, rng: np.random.Generator) -> np.ndarray:
    small = mask.reshape(SIDE, 2, SIDE, 2).mean(axis=(1, 3))
    blotch = rng.normal(size=(6, 6)).repeat(4, axis=0).repeat(4, axis=1)
    logit = 5 * small - 3.5 + max(0.3, noise) * blotch
    return (255 / (1 + np.exp(-logit))).astype(np.uint8)


def _summary(rows: pd.DataFrame) -> Sequence[str]:
    inside, honest, low, high, fresh = rows[list(COLUMNS[3:])].to_numpy().T
    held = (low <= fresh) & (fresh <= high)
    return (
        *(_mean(values) for values in (inside, honest, fresh, inside - fresh, honest - fresh)),
        f"{held.mean():.3f}",
    )


def _mean(values: np.ndarray) -> str:
    return f"{values.mean():.4f} ± {values.std(ddof=1) / np.sqrt(len(values)):.4f}"


if __name__ == "__main__":
    sys.exit(main())
