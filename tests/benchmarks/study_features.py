"""Cost and AUC of each feature family: alone, added to the base, and removed from it.

    python tests/benchmarks/study_features.py DATA HOME [--size 1024] [--seeds 0 1 2]
        [--families lungs zones ...] [--base lines lunglines header] [--only-together]
        [--set rounds=300 ...] [--workers 2]

DATA is the unpacked competition folder with ``patients.csv`` beside the annotations, HOME holds
the caches. The output is a Markdown table with one row per family: "alone" is the AUC of its
columns, "with the base" that of the base families and this one, "base without it" that of the
base families except this one. AUC is the out-of-fold AUC over 5 patient-grouped folds, mean over
the fold seeds. The number of trees is that of `FAST` unless changed by `--set`. Milliseconds are
the median processor time of 20 images of `--size`.

With ``--only-together`` only the AUC of all `--families` together is printed.
"""

import argparse
import dataclasses
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

import imagefeatures
import imagestack
from classifiers import LightGBMConfig, LightGBMLearner
from competitions.siim_acr_pneumothorax.features import FAMILIES
from competitions.siim_acr_pneumothorax.prepare import facts_of
from crossval import make_folds

FAST = LightGBMConfig(
    rounds=400,
    num_leaves=4,
    feature_fraction=0.1,
    inner_folds=0,
    calibration="none",
    models=1,
)
"""Configuration with a fixed number of trees, to exclude the variance of early stopping."""
BASE = ("lines", "lunglines", "header")
FOLDS = 5


class Scorer(NamedTuple):
    """Labels, groups, fold seeds and model configuration for the AUC of a feature table."""

    labels: pd.Series
    patients: pd.Series
    seeds: list[int]
    config: LightGBMConfig
    workers: int

    def auc(self, table: pd.DataFrame) -> str:
        """Return the mean AUC over the fold seeds, followed by the AUC of each seed, as text."""
        learner = LightGBMLearner(self.config, table, self.labels, self.patients)
        folds = [make_folds(self.labels, self.patients, FOLDS, seed) for seed in self.seeds]
        pairs = list(product(range(len(folds)), range(FOLDS)))
        with ThreadPoolExecutor(self.workers) as pool:
            parts = pool.map(lambda pair: _held_out(learner, folds[pair[0]], pair[1]), pairs)
            found = dict(zip(pairs, parts, strict=True))
        scores = []
        for number in range(len(folds)):
            p = pd.concat([found[number, fold] for fold in range(FOLDS)])
            scores.append(float(roc_auc_score(self.labels[p.index], p)))
        return f"{np.mean(scores):.3f} ({', '.join(f'{score:.3f}' for score in scores)})"


def main() -> None:
    options = _options()
    cv2.setNumThreads(1)
    frame, labels, patients = _truth(options.data)
    stack = imagestack.build_cache(
        frame, options.data / "dicom-images-train", options.size, options.home / "cache"
    )
    base = [] if options.only_together else options.base
    names = list(dict.fromkeys([*base, *options.families]))
    started = time.perf_counter()
    table = imagefeatures.extract(
        stack,
        families=imagefeatures.select(FAMILIES, names),
        facts=facts_of(frame)[0],
        workers=options.workers,
        cache_dir=options.home / "features",
    )
    print(f"extraction {time.perf_counter() - started:.0f} s, table {table.shape}\n", flush=True)
    scorer = Scorer(labels, patients, options.seeds, _config(options), options.workers)
    if options.only_together:
        print(f"{' '.join(names)}: {table.shape[1]} columns, AUC {scorer.auc(table)}")
        return
    _compare(table, names, base, scorer, stack)


def _compare(
    table: pd.DataFrame,
    names: list[str],
    base: list[str],
    scorer: Scorer,
    stack: imagestack.PixelCache,
) -> None:
    """Print the Markdown table of the families `names`."""

    def auc(families: list[str]) -> str:
        return scorer.auc(table[[c for c in table if c.partition("_")[0] in families]])

    print("| family | columns | ms/image | alone | with the base | base without it |")
    print("|---|---|---|---|---|---|", flush=True)
    print(f"| {' '.join(base)} | | | {auc(base)} | | |", flush=True)
    for name in names:
        columns = sum(column.partition("_")[0] == name for column in table)
        rest = [other for other in base if other != name]
        within, without = ("", auc(rest)) if name in base else (auc([*base, name]), "")
        print(
            f"| {name} | {columns} | {_cost(name, stack):.0f} | {auc([name])} | {within} | "
            f"{without} |",
            flush=True,
        )


def _held_out(learner: LightGBMLearner, folds: pd.Series, fold: int) -> pd.Series:
    train, held_out = list(folds.index[folds != fold]), list(folds.index[folds == fold])
    with tempfile.TemporaryDirectory() as folder:
        learner.fit(train, Path(folder), seed=fold)
        return pd.Series(learner.predict(held_out, [Path(folder)]), index=held_out)


def _cost(name: str, stack: imagestack.PixelCache, images: int = 20) -> float:
    (family,) = imagefeatures.select(FAMILIES, [name])
    if isinstance(family, imagefeatures.Facts):
        return 0.0
    pixels = stack.take(stack.ids[:images])
    family.compute(pixels[0])
    spent = []
    for image in pixels:
        started = time.process_time()
        family.compute(image)
        spent.append(time.process_time() - started)
    return 1000 * float(np.median(spent))


def _truth(data: Path) -> tuple[pd.DataFrame, pd.Series, pd.Series]:
    rows = pd.read_csv(data / "train-rle.csv", skipinitialspace=True, dtype=str)
    positive = rows["EncodedPixels"].str.strip() != "-1"
    labels = positive.groupby(rows["ImageId"]).any().astype("int64")
    patients = pd.read_csv(data / "patients.csv", dtype=str).set_index("ImageId")["PatientGroup"]
    frame = imagestack.read_table(data / "dicom-images-train")
    frame = frame.loc[frame.index.isin(labels.index)]
    return frame, labels[frame.index], patients


def _config(options: argparse.Namespace) -> LightGBMConfig:
    changes = dict(setting.split("=", 1) for setting in options.set)
    kinds = {name: type(getattr(FAST, name)) for name in changes}
    typed = {
        name: value if kinds[name] is str else kinds[name](float(value))
        for name, value in changes.items()
    }
    return dataclasses.replace(FAST, **typed)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("home", type=Path)
    parser.add_argument("--size", type=int, default=1024)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--families", nargs="+", default=[one.name for one in FAMILIES])
    parser.add_argument("--base", nargs="+", default=list(BASE))
    parser.add_argument("--only-together", action="store_true")
    parser.add_argument("--set", nargs="*", default=[], metavar="FIELD=VALUE")
    parser.add_argument("--workers", type=int, default=2)
    return parser.parse_args()


if __name__ == "__main__":
    main()
