"""Time and memory of the exact threshold search and of a blend at the size of a competition.

    TOOLS_DATA=DATA TOOLS_HOME=HOME python tests/benchmarks/study_blend_scale.py RUN WORK \\
        [--images 18000]

The maps are the out-of-fold maps of RUN, mirrored and shifted together with their truth, and
stored in WORK for two members; the maps of the second are shifted by one more pixel. "thresholds"
reads the maps of one member and searches all triplets, "blend" runs `ensembling.fit` on one member
and on both, with a search for the weights. Each runs in a new process; memory is the peak of its
anonymous memory.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

import contest
import crossval
import ensembling
import jobs
import rlemask
from ensembling.maps.level_counts import gather
from ensembling.maps.reading import ReadOptions
from ensembling.rules.triplet_search import best_triplet
from tests.benchmarks.study_scale import measured
from tools.paths import Paths
from tools.usecases.context.workplace import Workplace

SHIFT = 4
"""Shift between two variants of a map in pixels."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("run")
    parser.add_argument("work", type=Path)
    parser.add_argument("--images", type=int, default=10_675)
    parser.add_argument("--only", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only:
        work(options.work, options.only)
        return
    if not (options.work / "table.parquet").exists():
        write_set(options.run, options.work, options.images)
    print("what\tseconds\tpeak MiB", flush=True)
    for what in ("thresholds", "blend of 1", "blend of 2"):
        command = [sys.executable, "-m", "tests.benchmarks.study_blend_scale", "-", "--only", what]
        cost = measured([*command, str(options.work)])
        print(f"{what}\t{cost.seconds:.1f}\t{cost.memory:.0f}", flush=True)


def work(folder: Path, what: str) -> None:
    """Run one of the measured operations."""
    spec = Workplace(Paths.resolve(None, None)).spec
    table = pd.read_parquet(folder / "table.parquet")
    metric, folds, groups = contest.metric_of(spec), table["fold"], table["group"]
    truth = {i: rlemask.parse(rle, spec.shape, spec.dialect) for i, rle in table["rle"].items()}
    stores = [crossval.MapStore.open(folder / f"maps{k}.zarr") for k in range(2)]
    members = [ensembling.Member(f"m{k}", table["p"], store) for k, store in enumerate(stores)]
    if what == "thresholds":
        how = ReadOptions(spec.shape)
        [counts] = gather(members[:1], [(1.0,)], truth, folds, groups, metric, how)
        best_triplet(counts.area, counts.gain, spec.shape[0] * spec.shape[1])
        return
    used = members[: int(what[-1])]
    ensembling.fit(used, truth, folds, groups, metric=metric, report=Shown())


class Shown:
    """Progress report on standard error, at most one line in ten seconds."""

    def __init__(self) -> None:
        self.said = 0.0

    def __call__(self, label: str, done: int, total: int, figures: object) -> None:
        if time.monotonic() - self.said > 10:
            self.said = time.monotonic()
            print(f"{label} {done}/{total}", file=sys.stderr, flush=True)


def write_set(name: str, folder: Path, count: int) -> None:
    """Write the maps and the table of run-length masks, probabilities, folds and groups."""
    place = Workplace(Paths.resolve(None, None))
    run, dataset, spec = place.open_run(name), place.dataset, place.spec
    oof, maps = run.oof(), run.maps("oof")
    assert maps is not None
    ids = [f"{number:06d}" for number in range(count)]
    stores = [crossval.MapStore.create(folder / f"maps{k}.zarr", ids, maps.size) for k in range(2)]
    rows = []
    for number, image_id in enumerate(ids):
        variant, row = divmod(number, len(oof))
        source = oof.index[row]
        prob = maps.read(source)
        for k, store in enumerate(stores):
            store.write(image_id, _varied(prob, variant, 1, k))
        mask = dataset.truth[source].mask()
        rle = rlemask.encode(_varied(mask, variant, spec.shape[0] // maps.size, 0), spec.dialect)
        group = source if dataset.groups is None else dataset.groups[source]
        rows.append((rle, oof.at[source, "p"], oof.at[source, "fold"], f"{group}-{variant}"))
    table = pd.DataFrame(rows, columns=["rle", "p", "fold", "group"], index=pd.Index(ids))
    with jobs.writing(folder / "table.parquet") as temporary:
        table.to_parquet(temporary)


def _varied(picture: np.ndarray, variant: int, scale: int, more: int) -> np.ndarray:
    shift, mirrored = divmod(variant, 2)
    turned = picture[:, ::-1] if mirrored else picture
    return np.ascontiguousarray(np.roll(turned, scale * (SHIFT * shift + more), axis=(0, 1)))


if __name__ == "__main__":
    main()
