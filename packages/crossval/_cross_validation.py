"""The protocol of learners, and cross-validation of a learner."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd

import jobs
from crossval._errors import CrossvalError
from crossval._maps import MapStore
from crossval._runs import Run, read_table, write_table

BLOCK = 256
"""Number of test images that are predicted and stored together."""

WriteMap = Callable[[str, np.ndarray, float], None]
"""Function of an image id, its probability map, and the spread of the map."""


class Learner(Protocol):
    """A learner that can be cross-validated; implemented without importing this package."""

    mask_size: int | None
    """Side of the probability maps in pixels; None for probabilities only."""

    def fit(
        self, train: Sequence[str], folder: Path, *, seed: int, report: jobs.Report
    ) -> dict[str, float]:
        """Train on the images `train`, write the model to `folder`, and return figures to record.

        Deterministic in `seed`. A repeated call after an interruption resumes from the files in
        `folder`, and the model is that of an uninterrupted call.
        """

    def predict(
        self,
        ids: Sequence[str],
        folders: Sequence[Path],
        *,
        write_map: WriteMap | None,
        report: jobs.Report,
    ) -> np.ndarray:
        """Return the mean p(non-empty) of the models in `folders`, float64 `(len(ids),)`.

        Calls `write_map` with each probability map, uint8 `(mask_size, mask_size)`, and its spread,
        the difference between the maps of the image and of its flipped copy, 0..1.
        """


def cross_validate(
    run: Run, learner: Learner, *, seed: int = 0, report: jobs.Report = jobs.silent
) -> pd.DataFrame:
    """Fit `learner` once per fold and predict the held-out images.

    Finished folds are stored in the run's folder, so a repeated call resumes. Every fold trains
    with seed ``seed + fold``.

    Returns:
        Out-of-fold table indexed by image id: fold (int64), p (float64) and, for learners with
        probability maps, spread (float64).
    """
    folds = run.folds
    store = run.new_maps("oof", list(folds.index), learner.mask_size) if learner.mask_size else None
    for fold in sorted(folds.unique()):
        part = run.path / "parts" / f"fold{fold}.parquet"
        if part.exists():
            continue
        train, held_out = list(folds.index[folds != fold]), list(folds.index[folds == fold])
        labelled = prefixed(report, f"fold {fold}")
        folder = run.model_folder(fold)
        figures = learner.fit(train, folder, seed=seed + int(fold), report=labelled)
        predicted = _predicted(learner, held_out, [folder], store, labelled)
        jobs.write_json(run.path / "parts" / f"fold{fold}.json", figures)
        predicted.insert(0, "fold", fold)
        write_table(part, predicted)
    parts = [read_table(path) for path in sorted((run.path / "parts").glob("fold*.parquet"))]
    oof = pd.concat(parts).loc[folds.index]
    write_table(run.path / "oof.parquet", oof)
    return oof


def test_key(digests: pd.Series) -> str:
    """Return the digest of a set of test images: ids, in order, and digests of their files."""
    return jobs.digest(list(digests.index), list(digests))


def predict_test(
    run: Run, learner: Learner, digests: pd.Series, *, report: jobs.Report = jobs.silent
) -> pd.DataFrame:
    """Predict test images with the average of the run's fold models; a repeated call resumes.

    Predictions of other images, or of other files under the same ids, are replaced.

    Args:
        digests: digests of the image files, text Series indexed by image id.

    Returns:
        Table indexed by image id: p and, for learners with probability maps, spread (float64).
    """
    ids, key = list(digests.index), test_key(digests)
    known = run.test(key)
    if known is not None:
        return known
    run.begin_test(key)
    folders = run.model_folders()
    store = run.new_maps("test", ids, learner.mask_size) if learner.mask_size else None
    parts = []
    for start in range(0, len(ids), BLOCK):
        block = ids[start : start + BLOCK]
        part = run.path / "parts" / f"test-{jobs.digest(block)}.parquet"
        if not part.exists():
            shifted = shift(report, "test images", start, len(ids))
            write_table(part, _predicted(learner, block, folders, store, shifted))
        parts.append(read_table(part))
    test = pd.concat(parts)
    write_table(run.path / "test.parquet", test)
    return test


def _predicted(
    learner: Learner,
    ids: Sequence[str],
    folders: Sequence[Path],
    store: MapStore | None,
    report: jobs.Report,
) -> pd.DataFrame:
    """Return p and, for a learner with probability maps, spread; write the maps to `store`."""
    spreads: dict[str, float] = {}

    def write_map(image_id: str, soft: np.ndarray, spread: float) -> None:
        assert store is not None
        store.write(image_id, soft)
        spreads[image_id] = spread

    p = learner.predict(ids, folders, write_map=write_map if store else None, report=report)
    table = pd.DataFrame({"p": checked(p, ids)}, index=list(ids))
    return table if store is None else table.assign(spread=pd.Series(spreads, dtype=float))


def checked(p: np.ndarray, ids: Sequence[str]) -> np.ndarray:
    """Return `p` as float64 `(len(ids),)` after checking that it holds probabilities.

    Raises:
        CrossvalError: NaN or values outside 0..1; the message names the first image.
    """
    p = np.asarray(p, dtype=np.float64)
    assert p.shape == (len(ids),), f"{p.shape} probabilities for {len(ids)} images"
    wrong = ~((p >= 0) & (p <= 1))
    if wrong.any():
        first = int(np.argmax(wrong))
        raise CrossvalError(
            f"{wrong.sum()} of {len(p)} predicted probabilities are not in 0..1, first "
            f"{ids[first]}: {p[first]}; the training diverged: lower its learning rate"
        )
    return p


def prefixed(report: jobs.Report, prefix: str) -> jobs.Report:
    """Return a report that prepends `prefix` to every label."""

    def show(label: str, done: int, total: int, figures: Mapping[str, float]) -> None:
        report(f"{prefix}: {label}", done, total, figures)

    return show


def shift(report: jobs.Report, label: str, start: int, total: int) -> jobs.Report:
    """Return a report that counts a block's steps as part of `total`."""

    def show(_: str, done: int, block_total: int, figures: Mapping[str, float]) -> None:
        report(label, min(start + done, total), total, figures)

    return show
