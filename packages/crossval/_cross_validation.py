"""The protocol of learners, and cross-validation of a learner."""

import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd

import jobs
from crossval._errors import CrossvalError
from crossval._maps import CHECKSUM, MapStore
from crossval._runs import Run, read_table, seconds_in, write_table

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
    parts = []
    for fold in sorted(folds.unique()):
        part = run.path / "parts" / f"fold{fold}.parquet"
        train, held_out = list(folds.index[folds != fold]), list(folds.index[folds == fold])
        table = _finished(part, held_out, store) if _is_trained(run, fold) else None
        if table is None:
            labelled = prefixed(report, f"fold {fold}")
            folder = run.model_folder(fold)
            with timed(part.with_name(f"fold{fold}-time.json")):
                figures = learner.fit(train, folder, seed=seed + int(fold), report=labelled)
                table = _predicted(learner, held_out, [folder], store, labelled)
            table.insert(0, "fold", fold)
            jobs.write_json(part.with_suffix(".json"), figures)
            jobs.write_json(_digests_path(run, fold), file_digests(folder))
            write_table(part, table)
        parts.append(table)
    oof = pd.concat(parts).loc[folds.index]
    write_table(run.path / "oof.parquet", oof)
    return oof


@contextmanager
def timed(path: Path) -> Iterator[None]:
    """Add the wall-clock time of the block to the seconds in `path`, also if it is interrupted."""
    before, begin = seconds_in(path), time.monotonic()

    def write() -> None:
        jobs.write_json(path, {"seconds": before + time.monotonic() - begin})

    try:
        yield
    except BaseException:
        with suppress(jobs.JobError):  # as on a full disk: the first error is the one to tell
            write()
        raise
    write()


def _is_trained(run: Run, fold: int) -> bool:
    """Return whether a fold has a model as it was written; a damaged one is deleted."""
    part = run.path / "parts" / f"fold{fold}.json"
    digests, model = _digests_path(run, fold), run.model_folder(fold)
    try:
        jobs.read_json(part)
        written = jobs.read_json(digests) if digests.exists() else None
    except jobs.NotReadable:
        return False
    if written is None or written == file_digests(model):  # none in older versions
        return True
    shutil.rmtree(model, ignore_errors=True)
    return False


def _digests_path(run: Run, fold: int) -> Path:
    return run.path / "parts" / f"fold{fold}-model.json"


def _finished(part: Path, ids: Sequence[str], store: MapStore | None) -> pd.DataFrame | None:
    """Return the finished predictions of a part, or None if they are to be made again."""
    try:
        table = read_table(part)
    except jobs.NotReadable:
        return None
    sound = list(table.index) == list(ids) and "p" in table
    if store is not None:
        sound = sound and "spread" in table and store.expect(table, "").is_sound(ids)
    return table if sound else None


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
    run.check_models()
    run.begin_test(key)
    folders = run.model_folders()
    store = run.new_maps("test", ids, learner.mask_size) if learner.mask_size else None
    parts = []
    for start in range(0, len(ids), BLOCK):
        block = ids[start : start + BLOCK]
        part = run.path / "parts" / f"test-{jobs.digest(block)}.parquet"
        table = _finished(part, block, store)
        if table is None:
            shifted = shift(report, "test images", start, len(ids))
            table = _predicted(learner, block, folders, store, shifted)
            write_table(part, table)
        parts.append(table)
    test = pd.concat(parts)
    run.finish_test(key, test)
    return test


def _predicted(
    learner: Learner,
    ids: Sequence[str],
    folders: Sequence[Path],
    store: MapStore | None,
    report: jobs.Report,
) -> pd.DataFrame:
    """Return p and, for a learner with maps, spread and checksum; write the maps to `store`."""
    written: dict[str, tuple[float, int]] = {}

    def write_map(image_id: str, soft: np.ndarray, spread: float) -> None:
        assert store is not None
        written[image_id] = spread, store.write(image_id, soft)

    p = learner.predict(ids, folders, write_map=write_map if store else None, report=report)
    table = pd.DataFrame({"p": checked(p, ids)}, index=pd.Index(list(ids), name="image_id"))
    if store is None:
        return table
    maps = [written[image_id] for image_id in ids]
    return table.assign(
        **{
            "spread": np.array([spread for spread, _ in maps], np.float64),
            CHECKSUM: np.array([number for _, number in maps], np.int64),
        }
    )


def file_digests(folder: Path) -> dict[str, str]:
    """Return the digest of each file below `folder` by its relative path."""
    names = [one.name for one in jobs.files_below(folder)]
    return {name: jobs.file_digest(folder / name) for name in names}


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
