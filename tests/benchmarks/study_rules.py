"""Honest scores of the mask rules on the out-of-fold maps of one run, with random group folds.

    TOOLS_DATA=DATA TOOLS_HOME=HOME python tests/benchmarks/study_rules.py RUN [--draws 6]

For each random split into five folds, the rule is fitted on four folds and scored on the fifth.
The output is the mean and standard deviation of the honest score over the splits, and the in-sample
score.
"""

import argparse
import sys
from collections.abc import Callable

import numpy as np

import contest
import crossval
import ensembling
from ensembling.maps.level_counts import LevelCounts, gather
from ensembling.maps.reading import ReadOptions
from ensembling.rules.calibration import logit
from ensembling.rules.expected_score import columns, fit_expected
from ensembling.rules.thresholds import Thresholds, predicted
from ensembling.rules.triplet_search import best_gated, best_threshold, best_triplet
from tools.paths import Paths
from tools.usecases.context.workplace import Workplace

BOOTSTRAPS, FOLDS = 25, 5
Fit = Callable[[LevelCounts, np.ndarray], Callable[[np.ndarray], np.ndarray]]
"""Function from counts and training rows to a function that scores other rows."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("run")
    parser.add_argument("--draws", type=int, default=6)
    options = parser.parse_args()
    counts = read(options.run)
    every = np.arange(len(counts.fold))
    print("rule\thonest\tover the draws\tin sample")
    for name, fit in RULES.items():
        honest = [draw(counts, fit, seed) for seed in range(options.draws)]
        inside = fit(counts, every)(every).mean()
        print(f"{name}\t{np.mean(honest):.4f}\t{np.std(honest):.4f}\t{inside:.4f}", flush=True)


def read(name: str) -> LevelCounts:
    """Return the level counts of one run."""
    place = Workplace(Paths.resolve(None, None))
    run, dataset = crossval.open_run(place.paths.runs, name), place.dataset
    oof = run.oof()
    member = ensembling.Member(run.name, oof["p"], run.maps("oof"))
    metric, how = contest.metric_of(place.spec), ReadOptions(place.spec.shape)
    truth, folds = dataset.truth, oof["fold"]
    return gather([member], [(1.0,)], truth, folds, dataset.groups, metric, how)[0]


def draw(counts: LevelCounts, fit: Fit, seed: int) -> float:
    """Return the honest score over random group folds."""
    patients, group = np.unique(counts.group, return_inverse=True)
    fold = (np.random.default_rng(seed).permutation(len(patients)) % FOLDS)[group]
    score = np.empty(len(fold))
    for left in range(FOLDS):
        rows = np.flatnonzero(fold == left)
        score[rows] = fit(counts, np.flatnonzero(fold != left))(rows)
    return float(score.mean())


def _threshold(search: Callable[[LevelCounts, np.ndarray], Thresholds]) -> Fit:
    def fit(counts: LevelCounts, rows: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
        return lambda other: _scores(counts, search(counts, rows), other)

    return fit


def _scores(counts: LevelCounts, cut: Thresholds, rows: np.ndarray) -> np.ndarray:
    drawn = predicted(counts.area[rows], cut, counts.p[rows, 0])
    return counts.empty[rows] + np.where(drawn, counts.gain[rows, cut.bottom], 0.0)


def _triplet(counts: LevelCounts, rows: np.ndarray) -> Thresholds:
    return best_triplet(counts.area[rows], counts.gain[rows], 2**20)[1]


def _gated(counts: LevelCounts, rows: np.ndarray) -> Thresholds:
    return best_gated(counts.area[rows], counts.gain[rows], counts.p[rows, 0], 2**20)[1]


def _gate(counts: LevelCounts, rows: np.ndarray) -> Thresholds:
    return best_threshold(counts.gain[rows], counts.p[rows, 0], 2**20)[1]


def _bootstrapped(counts: LevelCounts, rows: np.ndarray) -> list[Thresholds]:
    rng = np.random.default_rng(0)
    return [_triplet(counts, rng.choice(rows, len(rows))) for _ in range(BOOTSTRAPS)]


def _median(counts: LevelCounts, rows: np.ndarray) -> Thresholds:
    found = _bootstrapped(counts, rows)
    top, area, bottom = np.median([(t.top, t.min_area, t.bottom) for t in found], axis=0)
    return Thresholds(int(top), int(area), int(min(top, bottom)))


def _vote(counts: LevelCounts, rows: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    found = _bootstrapped(counts, rows)
    bottom = int(np.median([cut.bottom for cut in found]))

    def scores(other: np.ndarray) -> np.ndarray:
        drawn = np.mean([predicted(counts.area[other], cut) for cut in found], axis=0) >= 0.5
        return counts.empty[other] + np.where(drawn, counts.gain[other, bottom], 0.0)

    return scores


def _expected(counts: LevelCounts, rows: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    table = columns(counts.area, counts.statistics_, counts.p, 2**20)
    return _modelled(table, counts, rows)


def _expected_small(counts: LevelCounts, rows: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    level = (counts.area[:, 1:] >= 400).sum(axis=1) / 255
    return _modelled(np.column_stack([logit(counts.p), level]), counts, rows)


def _modelled(
    table: np.ndarray, counts: LevelCounts, rows: np.ndarray
) -> Callable[[np.ndarray], np.ndarray]:
    found = fit_expected(table[rows], counts.gain[rows], counts.positive[rows])
    if found is None:
        return lambda other: counts.empty[other]
    model, bottom = found
    gain = np.where(model.gain(table) >= 0, counts.gain[:, bottom], 0.0)
    return lambda other: counts.empty[other] + gain[other]


RULES: dict[str, Fit] = {
    "triplet": _threshold(_triplet),
    "triplet, median of 25 bootstrap samples": _threshold(_median),
    "triplet, vote of 25 bootstrap samples": _vote,
    "triplet and gate": _threshold(_gated),
    "gate on the probability, one threshold": _threshold(_gate),
    "expected score": _expected,
    "expected score, from the probability and the level of 400 px": _expected_small,
}

if __name__ == "__main__":
    sys.exit(main())
