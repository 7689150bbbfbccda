"""Does the honest score keep its promise? Simulated runs, judged against fresh images.

    python tests/benchmarks/study_honest.py ROWS [--metric dice|tgs] [--repeats 200]
        [--images 300 1000] [--fresh 6000]

A repeat draws images with patients (one to three images each, alike in difficulty), lesions in
22 % of them, and two members: probability maps of 24 px with blotches that look like lesions, and a
probability. The blend is fitted and judged on them as `tools blend` does it, by Dice or by the
metric of the TGS Salt Identification Challenge, then applied to fresh images of other patients;
the score on these is weighted so that lesions have the share that they are drawn with, which
makes it less a matter of luck. Both metrics see the same images. For each number of images it
prints the mean over the repeats of the in-sample score, the honest score and the score on fresh
images with their standard errors, the bias of the first two, and in how many repeats the honest
score's 95 % interval holds the score on fresh images.

Every repeat becomes a line of the CSV file ROWS, which may hold both metrics; those that are there
are not computed again, so an interrupted study goes on where it was. After a change of the blend
begin with a new file.
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
    """Images with their patients, truth and two members."""

    truth: dict[str, rlemask.Runs]
    groups: pd.Series
    members: list[ensembling.Member]


class Maps(dict):
    """Probability maps by image id."""

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
        parser.error(
            f"{options.rows} has other columns than {', '.join(COLUMNS)}: begin a new file"
        )
    for images in options.images:
        _compute(options, images)
    print(
        "images\trepeats\tin sample\thonest\tfresh\toptimism\tbias of honest\tinterval holds fresh"
    )
    for images in options.images:
        rows = _done(options, images).query(f"seed < {options.repeats}")
        print(images, len(rows), *_summary(rows), sep="\t", flush=True)


def _compute(options: argparse.Namespace, images: int) -> None:
    """Compute the repeats that are not there yet."""
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
    """Return a value for each of `COLUMNS`."""
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
    """Return the expected score of a fitted blend, from images that it has never seen."""
    ids = list(sample.truth)
    drawn = ensembling.apply(blend, sample.members, ids, shape=SHAPE, workers=1)
    scores = metric(np.array([sample.truth[i].iou(drawn[i]) for i in ids]))
    positive = np.array([sample.truth[i].area > 0 for i in ids])
    return float(POSITIVE * scores[positive].mean() + (1 - POSITIVE) * scores[~positive].mean())


def draw(images: int, rng: np.random.Generator) -> Sample:
    """Return `images` images of patients who are easier or harder to read."""
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
