"""What other processors must give too: `python -m tests.processor_values FOLDER OUT.npz`."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

import classifiers
import crossval
import cxr.phantom
import dicomio
import imagefeatures
import radiomics2d
import rlemask
from competitions.siim_acr_pneumothorax.features import FAMILIES, HEADER
from ensembling.rules.triplet_search import best_triplet

SIDES = (None, 96, 300)
OF_PIXELS = [
    *(family for family in FAMILIES if family is not HEADER),
    imagefeatures.Grid(),
    imagefeatures.Energies(),
    imagefeatures.Orientation(),
    imagefeatures.LocalPatterns(),
    cxr.Ridges(),
]


def values(folder: Path) -> dict[str, np.ndarray]:
    """Return values by name, made in an empty `folder`.

    What begins with "bytes" is promised to be the same on all processors, what begins with
    "close" up to rounding, what begins with "threads" with any number of threads.
    """
    cxr.phantom.write_dataset(folder, images=4, test=1, size=256, workers=1)
    files = [file for file in sorted(folder.rglob("*")) if file.is_file()]
    found = {f"bytes of {f.name}": np.frombuffer(f.read_bytes(), np.uint8) for f in files}
    for file in (file for file in files if file.suffix == ".dcm"):
        for side in SIDES:
            found[f"bytes of {file.name} at {side}"] = dicomio.read_image(file, side)
        image = dicomio.read_image(file)
        features = imagefeatures.compute(image, OF_PIXELS) | radiomics2d.features(image)
        for name, value in features.items():
            found[f"close {name} of {file.stem}"] = np.array(value)
    return found | rules() | trees(folder / "trees")


def rules() -> dict[str, np.ndarray]:
    """Return folds, run-length texts and the best thresholds of made-up images."""
    rng = np.random.default_rng(0)
    areas = pd.Series(rng.integers(-400, 900, 300).clip(0), [f"i{k}" for k in range(300)])
    masks = (rng.random((40, 32, 32)) < 0.3).astype(np.uint8)
    levels = np.sort(rng.integers(0, 1024, (200, 256), dtype=np.int32))[:, ::-1].copy()
    gain, thresholds = best_triplet(levels, rng.random((200, 256)) - 0.5, 1024)
    return {
        "bytes of folds": crossval.make_folds(areas).to_numpy(),
        "bytes of texts": np.array([rlemask.encode(mask) for mask in masks]),
        "bytes of a rule": np.array([gain, thresholds.top, thresholds.min_area, thresholds.bottom]),
    }


def trees(folder: Path) -> dict[str, np.ndarray]:
    """Return the files that a training of trees leaves."""
    rng = np.random.default_rng(0)
    ids = pd.Index([f"i{k}" for k in range(2000)])
    labels = pd.Series(rng.integers(0, 2, 2000), ids)
    table = pd.DataFrame(rng.normal(size=(2000, 40)), ids).add_prefix("made_")
    table["made_0"] += labels
    config = classifiers.LightGBMConfig(rounds=40, models=2, inner_folds=3)
    classifiers.LightGBMLearner(config, table, labels).fit(list(ids), folder, seed=0)
    files = [file for file in sorted(folder.rglob("*")) if file.is_file()]
    return {f"threads, {f.name}": np.frombuffer(f.read_bytes(), np.uint8) for f in files}


if __name__ == "__main__":
    np.savez(sys.argv[2], **values(Path(sys.argv[1])))
