"""Which feature families earn their cost: AUC alone, AUC without, milliseconds per image.

    python tests/benchmarks/study_features.py DATA HOME [--size 1024] [--seeds 0 1 2]
        [--models 1] [--families lines header ...] [--only-together] [--set rounds=300 ...]

DATA is the unpacked competition folder with ``patients.csv`` beside the annotations, HOME keeps
the caches. AUC is out of fold over 5 patient-grouped folds, mean over the fold seeds. The table
goes to stdout as tab-separated text.
"""

import argparse
import dataclasses
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

import cxrfeatures
import dicomio
from classifiers import LightGBMConfig, LightGBMLearner
from crossval import make_folds


def main() -> None:
    options = _options()
    frame, labels, patients = _truth(options.data)
    stack = dicomio.build_cache(
        frame, options.data / "dicom-images-train", options.size, options.home / "cache"
    )
    started = time.perf_counter()
    names = tuple(options.families)
    table = cxrfeatures.extract(
        stack, families=names, header=frame, cache_dir=options.home / "features"
    )
    print(f"# extraction {time.perf_counter() - started:.1f} s, table {table.shape}", flush=True)
    config = _config(options)
    folds = {seed: make_folds(labels, patients, 5, seed) for seed in options.seeds}

    def auc(chosen: pd.DataFrame) -> str:
        scores = [_auc(chosen, labels, patients, fold, config) for fold in folds.values()]
        return f"{np.mean(scores):.3f}\t({', '.join(f'{score:.3f}' for score in scores)})"

    print(f"all\t{table.shape[1]} columns\t{auc(table)}", flush=True)
    if options.only_together:
        return
    print("family\tcolumns\tms/image\talone\t\twithout", flush=True)
    for name in names:
        own = table.columns.str.startswith(f"{name}_")
        without = auc(table.loc[:, ~own]) if len(names) > 1 else "-"
        cost = _cost(name, stack)
        print(f"{name}\t{own.sum()}\t{cost:.1f}\t{auc(table.loc[:, own])}\t{without}", flush=True)


def _auc(
    table: pd.DataFrame,
    labels: pd.Series,
    patients: pd.Series,
    folds: pd.Series,
    config: LightGBMConfig,
) -> float:
    learner = LightGBMLearner(config, table, labels, patients)
    oof = pd.Series(0.0, index=folds.index)
    for fold in range(5):
        train, held_out = list(folds.index[folds != fold]), list(folds.index[folds == fold])
        with tempfile.TemporaryDirectory() as folder:
            learner.fit(train, Path(folder), seed=fold)
            oof[held_out] = learner.predict(held_out, [Path(folder)])
    return float(roc_auc_score(labels[oof.index], oof))


def _cost(name: str, stack: dicomio.PixelCache, images: int = 20) -> float:
    family = cxrfeatures.FAMILIES[name]
    if isinstance(family, cxrfeatures.Header):
        return 0.0
    pixels = stack.take(stack.ids[:images])
    family.compute(pixels[0])
    started = time.perf_counter()
    for image in pixels:
        family.compute(image)
    return 1000 * (time.perf_counter() - started) / images


def _truth(data: Path) -> tuple[pd.DataFrame, pd.Series, pd.Series]:
    rows = pd.read_csv(data / "train-rle.csv", skipinitialspace=True, dtype=str)
    positive = rows["EncodedPixels"].str.strip() != "-1"
    labels = positive.groupby(rows["ImageId"]).any().astype("int64")
    patients = pd.read_csv(data / "patients.csv", dtype=str).set_index("ImageId")["PatientGroup"]
    frame = dicomio.read_frame(data / "dicom-images-train")
    frame = frame.loc[frame.index.isin(labels.index)]
    return frame, labels[frame.index], patients


def _config(options: argparse.Namespace) -> LightGBMConfig:
    config = LightGBMConfig(models=options.models)
    changes = dict(setting.split("=", 1) for setting in options.set)
    typed = {key: type(getattr(config, key))(float(value)) for key, value in changes.items()}
    return dataclasses.replace(config, **typed)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("home", type=Path)
    parser.add_argument("--size", type=int, default=1024)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--models", type=int, default=1)
    parser.add_argument("--families", nargs="+", default=list(cxrfeatures.DEFAULT))
    parser.add_argument("--only-together", action="store_true")
    parser.add_argument("--set", nargs="*", default=[], metavar="FIELD=VALUE")
    return parser.parse_args()


if __name__ == "__main__":
    main()
