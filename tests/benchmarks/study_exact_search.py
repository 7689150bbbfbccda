"""The exact threshold search against brute force, on the maps of a run.

    TOOLS_DATA=DATA TOOLS_HOME=HOME python tests/benchmarks/study_exact_search.py RUN

The brute force draws the mask of every image at every level, scores it, and sums the scores of all
triplets of top, min_area and bottom directly, by a matrix product for each top. Maps must have the
size of the images. The output: number of triplets, both best scores and times.
"""

import argparse
import sys
import time

import numpy as np

import contest
import ensembling
from ensembling.maps.level_counts import gather
from ensembling.maps.reading import ReadOptions
from ensembling.rules.triplet_search import best_triplet
from tools.paths import Paths
from tools.usecases.context.workplace import Workplace

LEVELS = 256


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("run")
    options = parser.parse_args()
    place = Workplace(Paths.resolve(None, None))
    run, spec = place.open_run(options.run), place.spec
    oof, maps = run.oof(), run.maps("oof")
    if maps is None or maps.size != spec.shape[0]:
        sys.exit(f"{options.run} has no maps of the size of the images: choose another run")
    metric, truth = contest.metric_of(spec), place.dataset.truth
    probs = [maps.read(image_id) for image_id in oof.index]
    masks = [truth[image_id].mask().astype(bool) for image_id in oof.index]
    began = time.perf_counter()
    value, count, triplet = brute_force(*drawn(probs, masks, metric))
    brute = time.perf_counter() - began
    began = time.perf_counter()
    member = ensembling.Member("maps", oof["p"], maps)
    how = ReadOptions(spec.shape)
    [counts] = gather([member], [(1.0,)], truth, oof["fold"], None, metric, how)
    found, thresholds = best_triplet(counts.area, counts.gain, probs[0].size)
    ours = time.perf_counter() - began
    empty = float(counts.empty.sum())
    print(f"images {len(oof)}, triplets {count:,}")
    print(f"brute force {(empty + value) / len(oof):.12f} in {brute:.1f} s: {triplet}")
    print(f"exact search {(empty + found) / len(oof):.12f} in {ours:.1f} s: {thresholds}")


def drawn(
    probs: list[np.ndarray], masks: list[np.ndarray], metric: ensembling.Metric
) -> tuple[np.ndarray, np.ndarray]:
    """Return area and score minus that of an empty mask by image and level, ``(n, 256)``."""
    area, gain = np.zeros((len(probs), LEVELS), int), np.zeros((len(probs), LEVELS))
    for row, (prob, true) in enumerate(zip(probs, masks, strict=True)):
        for level in range(1, LEVELS):
            mask = prob >= level
            union = (mask | true).sum()
            area[row, level] = mask.sum()
            overlap = (mask & true).sum() / union if union else 1.0
            gain[row, level] = metric(np.array([overlap]))[0] - (not true.any())
    return area, gain


def brute_force(area: np.ndarray, gain: np.ndarray) -> tuple[float, int, tuple[int, int, int]]:
    """Return the best total gain, the number of triplets, and the best triplet."""
    best, count = (0.0, (255, area.max(), 255)), 0
    for top in range(1, LEVELS):
        cuts = np.unique(np.append(0, area[:, top]))
        kept = (area[:, top] > cuts[:, None]).astype(np.float64)
        sums = kept @ gain[:, 1 : top + 1]
        count += sums.size
        cut, bottom = np.unravel_index(sums.argmax(), sums.shape)
        if sums[cut, bottom] > best[0]:
            best = float(sums[cut, bottom]), (top, int(cuts[cut]), int(bottom) + 1)
    return best[0], count, best[1]


if __name__ == "__main__":
    main()
