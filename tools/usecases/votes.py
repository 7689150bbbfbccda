"""Masks that were predicted elsewhere, as a run that joins a blend: every pixel is a vote."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jobs
from tools.usecases import figures, training
from tools.usecases.workplace import Workplace

if TYPE_CHECKING:
    import numpy as np

    import rlemask

KIND = "votes"
SHOWN = 3


class VotesError(jobs.UserError):
    """Two submission files cannot be used as votes."""


class Votes:
    """A learner that has nothing to learn: it knows the mask of every image.

    Args:
        masks: by image id.
        side: of the masks in pixels.
    """

    def __init__(self, masks: "Mapping[str, rlemask.Runs]", side: int) -> None:
        self.masks = masks
        self.mask_size: int | None = side

    def fit(
        self, train: Sequence[str], folder: Path, *, seed: int, report: jobs.Report
    ) -> dict[str, float]:
        """Do nothing."""
        return {}

    def predict(
        self,
        ids: Sequence[str],
        folders: Sequence[Path],
        *,
        write_map: "Callable[[str, np.ndarray, float], None] | None",
        report: jobs.Report,
    ) -> "np.ndarray":
        """Return 1 for images with a mask, else 0; the maps are the masks."""
        import numpy as np

        p = np.zeros(len(ids))
        for number, image_id in enumerate(ids):
            mask = self.masks[image_id]
            p[number] = float(len(mask) > 0)
            if write_map is not None:
                write_map(image_id, 255 * np.ascontiguousarray(mask.mask()), 0.0)
            report("votes", number + 1, len(ids), {})
        return p


def votes(
    place: Workplace, oof: Path, test: Path, name: str, n_splits: int | None = None,
    fold_seed: int | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Make a run of two files in the competition's format.

    Args:
        oof: a mask of every annotated image, from a model that has not seen it: only the caller
            can know that its folds are those of the other runs.
        test: a mask of every test image.
        name: of the run, which begins with "votes-".

    Returns:
        The run's figures.
    """
    import crossval

    spec, dataset = place.spec, place.dataset
    if spec.shape[0] != spec.shape[1]:
        raise VotesError(f"masks of {spec.shape} are no votes: only square ones can be kept")
    masks, digest = _read(place, {oof: list(dataset.train.index), test: list(dataset.test.index)})
    made = training.make_folds(place, n_splits, fold_seed)
    crossval.write_folds(made, place.paths.folds)
    config = {
        "kind": KIND,
        "competition": spec.name,
        "data_digest": place.dataset.digest,
        "masks": digest,
    }
    run = crossval.Run.start(place.paths.runs, f"{KIND}-{name}", config, made)
    with jobs.lock(run.path):
        if not run.complete:
            learner = Votes(masks, spec.shape[0])
            table = crossval.cross_validate(run, learner, report=place.report)
            crossval.predict_test(run, learner, dataset.test["digest"], report=place.report)
            run.finish(figures.metrics(place, run, table))
    return {"run": run.name, **figures.in_order(run.metrics())}


def _read(
    place: Workplace, wanted: Mapping[Path, Sequence[str]]
) -> "tuple[Mapping[str, rlemask.Runs], str]":
    """Return the masks of all wanted images and their digest.

    Raises:
        VotesError: images are missing, in either file.
        contest.AnnotationError: a file is faulty.
    """
    import contest

    found: dict[str, rlemask.Runs] = {}
    digests, faults = [], []
    for path, ids in wanted.items():
        masks = contest.read_masks(path, place.spec)
        missing = [image_id for image_id in ids if image_id not in masks]
        if missing:
            faults.append(
                f"{path} lacks {len(missing)} of {len(ids)} images, "
                f"{', '.join(missing[:SHOWN])}{', …' if len(missing) > SHOWN else ''}"
            )
        kept = masks.only([image_id for image_id in ids if image_id in masks])
        found |= kept
        digests.append(kept.digest())
    if faults:
        raise VotesError(f"{'; '.join(faults)}: give a row for each image, also for empty masks")
    return found, jobs.digest(digests)
