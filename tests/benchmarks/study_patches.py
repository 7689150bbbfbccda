"""Effect of patch-level heat maps, learned from lesion masks, on image classification.

    python tests/benchmarks/study_patches.py DATA HOME [--seeds 0 1 2] [--families lines ...]

DATA is the unpacked competition folder with ``patients.csv`` beside the annotations, HOME holds
the caches. A patch is a cell of a 32 x 32 grid over 1024 x 1024 pixels; it is positive if a lesion
covers more than a quarter of it. Scores are cross-fitted over 5 patient-grouped outer folds:
training images have the out-of-fold maps of the inner folds, held-out images the mean map of the
inner models. The output is tab-separated: figure, mean over the fold seeds, value of each seed.
"""

import argparse
import shutil
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from _patches import CELLS, COUNTS, COVERED, HALF, cell_columns, heat_maps, summaries, top
from scipy.special import logit
from sklearn.metrics import roc_auc_score

import cxr
import imagefeatures
import imagestack
import jobs
import rlemask
from classifiers import LightGBMConfig, LightGBMLearner, SidedLearner
from competitions.siim_acr_pneumothorax.features import FAMILIES
from competitions.siim_acr_pneumothorax.prepare import facts_of
from crossval import make_folds

MASK_SIDE, TOP = 256, 20
LEVELS, SHARES = np.arange(0.05, 1, 0.1), np.arange(0.5, 1.01, 0.05)
"""Candidate mask thresholds, and candidate shares of training images with an empty mask."""
BLENDS = {"families": 0.5, "families, sides": 0.25}
"""Weight of the heat map in log-odds, fixed before the study."""


@dataclass(frozen=True)
class Study:
    """Data of all images, in the order of `areas`."""

    areas: pd.Series
    patients: pd.Series
    cover: np.ndarray
    masks: np.ndarray
    cells: np.ndarray
    families: pd.DataFrame
    sides: dict[str, pd.DataFrame]

    @property
    def labels(self) -> pd.Series:
        return (self.areas > 0).astype("int64")


def main() -> None:
    options = _options()
    started = time.perf_counter()
    study = _study(options)
    print(f"# {study.cells.shape}, read in {time.perf_counter() - started:.0f} s", flush=True)
    print(f"# an empty file scores {1 - study.labels.mean():.3f}", flush=True)
    results = []
    for seed in options.seeds:
        results.append(_judged(study, seed))
        print(f"# seed {seed} at {time.perf_counter() - started:.0f} s", flush=True)
    for name, values in pd.DataFrame(results).items():
        print(f"{name}\t{values.mean():.3f}\t({', '.join(f'{v:.3f}' for v in values)})")


def _judged(study: Study, seed: int) -> dict[str, float]:
    folds = make_folds(study.areas, study.patients, 5, seed)[study.areas.index].to_numpy()
    oof = pd.DataFrame(index=study.areas.index)
    heat = np.zeros(study.cover.shape, np.float32)
    with ThreadPoolExecutor(jobs.available_cores()) as threads:
        parts = threads.map(
            lambda fold: _outer(study, np.flatnonzero(folds == fold), fold), range(5)
        )
        for fold, (found, maps) in enumerate(parts):
            heat[folds == fold] = maps
            oof.loc[found.index, found.columns] = found
    return dict(_figures(study, oof, heat))


def _figures(study: Study, oof: pd.DataFrame, heat: np.ndarray) -> Iterator[tuple[str, float]]:
    positive, labels = study.cover > COVERED, study.labels.to_numpy()
    ill = labels > 0
    yield "patch AUC", roc_auc_score(positive.ravel(), heat.ravel())
    yield "patch AUC, ill", roc_auc_score(positive[ill].ravel(), heat[ill].ravel())
    dice = oof.pop("dice").to_numpy()
    for name, column in oof.items():
        yield str(name), roc_auc_score(labels, column)
    for name, weight in BLENDS.items():
        both = weight * logit(oof["heat"]) + (1 - weight) * logit(oof[name])
        yield f"{name} blended with heat", roc_auc_score(labels, both)
    yield "honest Dice of the map", dice.mean()


def _outer(study: Study, held: np.ndarray, seed: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Return the probabilities, Dice and heat maps of the held-out images."""
    train = np.setdiff1d(np.arange(len(study.areas)), held)
    heat = np.zeros(study.cover.shape, np.float32)
    heat[train], each = heat_maps(
        study.cells, study.cover, study.areas, study.patients, train, held, seed
    )
    heat[held] = each.mean(0)
    found = _probabilities(study, heat, each, train, held, seed)
    for count in COUNTS:
        found[f"mean of the top {count}"] = [top(cells, count) for cells in heat[held]]
    found["dice"] = _honest_dice(study, heat, train, held)
    return found, heat[held]


def _probabilities(
    study: Study, heat: np.ndarray, each: np.ndarray, train: np.ndarray, held: np.ndarray, seed: int
) -> pd.DataFrame:
    table = summaries(heat, study.areas.index)
    joined = pd.concat([study.families, table], axis=1)
    ids = [list(study.areas.index[rows]) for rows in (train, held)]
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        found = {"heat": _fitted(study, table, *ids, place / "heat", seed)}
        single = (summaries(maps, study.areas.index[held]) for maps in each)
        plain = (LightGBMLearner(_config(), own, study.labels) for own in single)
        p = [learner.predict(ids[1], [place / "heat"]) for learner in plain]
        found["heat, inner models one by one"] = np.mean(p, axis=0)
        for label, features in (("families", study.families), ("families + heat", joined)):
            found |= _both(study, features, *ids, place / label, seed, label)
            if label == "families":  # the side models do not depend on the table
                shutil.copytree(place / label / "sides", place / "families + heat" / "sides")
    return pd.DataFrame(found, index=ids[1])


def _both(
    study: Study, features: pd.DataFrame, train: list[str], held: list[str], place: Path,
    seed: int, label: str,
) -> dict[str, np.ndarray]:  # fmt: skip
    """Return the probabilities of the image model alone and combined with the side models."""
    joined = _fitted(study, features, train, held, place, seed, sides=0.6)
    plain = LightGBMLearner(_config(), features, study.labels)
    return {label: plain.predict(held, [place]), f"{label}, sides": joined}


def _fitted(
    study: Study, features: pd.DataFrame, train: list[str], held: list[str], place: Path,
    seed: int, sides: float = 0.0,
) -> np.ndarray:  # fmt: skip
    learner = SidedLearner(
        _config(sides), features, study.labels, study.patients,
        sides=study.sides, side_labels=_side_labels(study),
    )  # fmt: skip
    learner.fit(train, place, seed=seed)
    return learner.predict(held, [place])


def _honest_dice(study: Study, heat: np.ndarray, train: np.ndarray, held: np.ndarray) -> np.ndarray:
    """Return the Dice of every held-out image at the best threshold and gate of `train`.

    Masks have 256 x 256 pixels. The mask is empty if the mean of the `TOP` highest cells is not
    above the gate.
    """
    heats = {"train": heat[train], "held": heat[held]}
    tops = {name: np.array([top(cells, TOP) for cells in maps]) for name, maps in heats.items()}
    gates = np.append(np.quantile(tops["train"], SHARES[:-1]), np.inf)
    drawn = {
        name: np.array([_dice(study.masks[row], heat[row]) for row in rows])
        for name, rows in (("train", train), ("held", held))
    }

    def scores(name: str, rows: np.ndarray, gate: float) -> np.ndarray:
        empty = (study.areas.iloc[rows] == 0).to_numpy(float)[:, None]
        return np.where(tops[name][:, None] > gate, drawn[name], empty)

    means = np.array([scores("train", train, gate).mean(0) for gate in gates])
    gate, level = np.unravel_index(means.argmax(), means.shape)
    return scores("held", held, gates[gate])[:, level]


def _dice(mask: np.ndarray, heat: np.ndarray) -> np.ndarray:
    soft = cv2.resize(heat, mask.shape, interpolation=cv2.INTER_LINEAR)
    sizes = np.array([np.count_nonzero(soft > level) for level in LEVELS])
    hits = np.array([np.count_nonzero(soft[mask] > level) for level in LEVELS])
    total = sizes + np.count_nonzero(mask)
    return np.where(total > 0, 2 * hits / np.maximum(total, 1), 1.0)


def _study(options: argparse.Namespace) -> Study:
    folder = options.data / "dicom-images-train"
    rows = pd.read_csv(options.data / "train-rle.csv", skipinitialspace=True, dtype=str)
    texts = rows.groupby("ImageId")["EncodedPixels"].agg(lambda own: own.str.strip().tolist())
    frame = imagestack.read_table(folder)
    frame = frame.loc[frame.index.isin(texts.index)].sort_index()
    patients = pd.read_csv(options.data / "patients.csv", dtype=str).set_index("ImageId")
    stack = imagestack.build_cache(frame, folder, 1024, options.home / "cache")
    kept = options.home / "features"
    cover, masks = _lesions(texts[frame.index])
    return Study(
        areas=pd.Series(
            [rlemask.parse(own, (1024, 1024), "siim").area for own in texts[frame.index]],
            frame.index,
        ),
        patients=patients["PatientGroup"],
        cover=cover,
        masks=masks,
        cells=cell_columns(stack, options.home / "patches"),
        families=imagefeatures.extract(
            stack,
            families=imagefeatures.select(FAMILIES, options.families),
            facts=facts_of(frame)[0],
            cache_dir=kept,
        ).loc[frame.index],
        sides=cxr.extract_sides(stack, cache_dir=kept),
    )


def _lesions(texts: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Return the lesion share `(n, 32, 32)` float32 and masks `(n, 256, 256)` bool."""
    cover = np.zeros((len(texts), CELLS, CELLS), np.float32)
    masks = np.zeros((len(texts), MASK_SIDE, MASK_SIDE), bool)
    for row, own in enumerate(texts):
        if own != ["-1"]:
            mask = np.ascontiguousarray(rlemask.decode(own), np.float32)
            cover[row] = cv2.resize(mask, (CELLS, CELLS), interpolation=cv2.INTER_AREA)
            small = cv2.resize(mask, (MASK_SIDE, MASK_SIDE), interpolation=cv2.INTER_AREA)
            masks[row] = small >= 0.5
    return cover, masks


def _side_labels(study: Study) -> pd.DataFrame:
    """Return for each side whether it contains at least a tenth of the lesion, int64."""
    lesion = np.stack([study.cover[..., :HALF].sum((1, 2)), study.cover[..., HALF:].sum((1, 2))], 1)
    share = lesion / np.maximum(lesion.sum(1, keepdims=True), 1e-9)
    return pd.DataFrame((share >= 0.1).astype("int64"), study.areas.index, ["left", "right"])


def _config(sides: float = 0.0) -> LightGBMConfig:
    return LightGBMConfig(models=1, sides=sides)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("home", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--families", nargs="+", default=["lines", "lunglines", "header"])
    return parser.parse_args()


if __name__ == "__main__":
    main()
