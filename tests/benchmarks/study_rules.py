"""Which rule draws masks best? One run's out-of-fold maps, folds of patients drawn anew.

    TOOLS_DATA=DATA TOOLS_HOME=HOME python tests/benchmarks/study_rules.py RUN [--draws 6]

For each draw of five folds the rule is fitted on four of them and judged on the fifth. Prints the
mean honest score over the draws, its standard deviation, and the in-sample score.
"""

import argparse
import sys
from collections.abc import Callable

import numpy as np

import contest
import crossval
import ensembling
from ensembling.maps.level_counts import Evidence, gather
from ensembling.maps.reading import Pass
from ensembling.rules.calibration import logit
from ensembling.rules.expected_score import columns, fit_expected
from ensembling.rules.thresholds import Thresholds, predicted
from ensembling.rules.triplet_search import best_cut, best_gated, best_triplet
from tools.paths import Paths
from tools.usecases.workplace import Workplace

BOOTSTRAPS, FOLDS = 25, 5
Fit = Callable[[Evidence, np.ndarray], Callable[[np.ndarray], np.ndarray]]
"""From evidence and training rows to what the metric of other rows becomes."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("run")
    parser.add_argument("--draws", type=int, default=6)
    options = parser.parse_args()
    evidence = read(options.run)
    every = np.arange(len(evidence.fold))
    print("rule\thonest\tover the draws\tin sample")
    for name, fit in RULES.items():
        honest = [draw(evidence, fit, seed) for seed in range(options.draws)]
        inside = fit(evidence, every)(every).mean()
        print(f"{name}\t{np.mean(honest):.4f}\t{np.std(honest):.4f}\t{inside:.4f}", flush=True)


def read(name: str) -> Evidence:
    """Return the evidence of one run alone."""
    place = Workplace(Paths.resolve(None, None))
    run, dataset = crossval.open_run(place.paths.runs, name), place.dataset
    oof = run.oof()
    member = ensembling.Member(run.name, oof["p"], run.maps("oof"))
    metric, how = contest.metric_of(place.spec), Pass(place.spec.shape)
    truth, folds = dataset.truth, oof["fold"]
    return gather([member], [(1.0,)], truth, folds, dataset.groups, metric, how)[0]


def draw(evidence: Evidence, fit: Fit, seed: int) -> float:
    """Return the honest score in folds of patients drawn with `seed`."""
    patients, group = np.unique(evidence.group, return_inverse=True)
    fold = (np.random.default_rng(seed).permutation(len(patients)) % FOLDS)[group]
    score = np.empty(len(fold))
    for left in range(FOLDS):
        rows = np.flatnonzero(fold == left)
        score[rows] = fit(evidence, np.flatnonzero(fold != left))(rows)
    return float(score.mean())


def _threshold(search: Callable[[Evidence, np.ndarray], Thresholds]) -> Fit:
    def fit(evidence: Evidence, rows: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
        return lambda other: _scores(evidence, search(evidence, rows), other)

    return fit


def _scores(evidence: Evidence, cut: Thresholds, rows: np.ndarray) -> np.ndarray:
    drawn = predicted(evidence.area[rows], cut, evidence.p[rows, 0])
    return evidence.empty[rows] + np.where(drawn, evidence.gain[rows, cut.bottom], 0.0)


def _triplet(evidence: Evidence, rows: np.ndarray) -> Thresholds:
    return best_triplet(evidence.area[rows], evidence.gain[rows], 2**20)[1]


def _gated(evidence: Evidence, rows: np.ndarray) -> Thresholds:
    return best_gated(evidence.area[rows], evidence.gain[rows], evidence.p[rows, 0], 2**20)[1]


def _gate(evidence: Evidence, rows: np.ndarray) -> Thresholds:
    return best_cut(evidence.gain[rows], evidence.p[rows, 0], 2**20)[1]


def _bootstrapped(evidence: Evidence, rows: np.ndarray) -> list[Thresholds]:
    rng = np.random.default_rng(0)
    return [_triplet(evidence, rng.choice(rows, len(rows))) for _ in range(BOOTSTRAPS)]


def _median(evidence: Evidence, rows: np.ndarray) -> Thresholds:
    found = _bootstrapped(evidence, rows)
    top, area, bottom = np.median([(t.top, t.min_area, t.bottom) for t in found], axis=0)
    return Thresholds(int(top), int(area), int(min(top, bottom)))


def _vote(evidence: Evidence, rows: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    found = _bootstrapped(evidence, rows)
    bottom = int(np.median([cut.bottom for cut in found]))

    def scores(other: np.ndarray) -> np.ndarray:
        drawn = np.mean([predicted(evidence.area[other], cut) for cut in found], axis=0) >= 0.5
        return evidence.empty[other] + np.where(drawn, evidence.gain[other, bottom], 0.0)

    return scores


def _expected(evidence: Evidence, rows: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    table = columns(evidence.area, evidence.shapes, evidence.p, 2**20)
    return _modelled(table, evidence, rows)


def _expected_small(evidence: Evidence, rows: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    level = (evidence.area[:, 1:] >= 400).sum(axis=1) / 255
    return _modelled(np.column_stack([logit(evidence.p), level]), evidence, rows)


def _modelled(
    table: np.ndarray, evidence: Evidence, rows: np.ndarray
) -> Callable[[np.ndarray], np.ndarray]:
    found = fit_expected(table[rows], evidence.gain[rows], evidence.positive[rows])
    if found is None:
        return lambda other: evidence.empty[other]
    model, bottom = found
    gain = np.where(model.gain(table) >= 0, evidence.gain[:, bottom], 0.0)
    return lambda other: evidence.empty[other] + gain[other]


RULES: dict[str, Fit] = {
    "triplet": _threshold(_triplet),
    "triplet, median of 25 bootstrap samples": _threshold(_median),
    "triplet, vote of these 25": _vote,
    "triplet and gate": _threshold(_gated),
    "gate on the probability, one cut": _threshold(_gate),
    "expected score": _expected,
    "expected score, from the probability and the level of 400 px": _expected_small,
}

if __name__ == "__main__":
    sys.exit(main())
