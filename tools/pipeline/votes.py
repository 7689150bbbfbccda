"""Masks that were predicted elsewhere, as a run that joins a blend: every pixel is a vote."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jobs
from tools.pipeline import figures, training
from tools.pipeline.workplace import Workplace

if TYPE_CHECKING:
    import numpy as np

    import contest

KIND = "votes"
SHOWN = 3


class VotesError(jobs.UserError):
    """Two submission files cannot be used as votes."""


class Votes:
    """A learner that has nothing to learn: it knows the mask of every image.

    Args:
        rles: RLE texts by image id.
        spec: of the competition.
    """

    def __init__(self, rles: Mapping[str, Sequence[str]], spec: "contest.Spec") -> None:
        self.rles, self.spec = rles, spec
        self.mask_size: int | None = spec.shape[0]

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

        import rlemask

        p = np.zeros(len(ids))
        for number, image_id in enumerate(ids):
            mask = rlemask.decode(list(self.rles[image_id]), self.spec.shape, self.spec.dialect)
            p[number] = float(mask.any())
            if write_map is not None:
                write_map(image_id, 255 * np.ascontiguousarray(mask), 0.0)
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
    rles = _read(place, {oof: list(dataset.train.index), test: list(dataset.test.index)})
    made = training.make_folds(place, n_splits, fold_seed)
    crossval.write_folds(made, place.paths.folds)
    config = {
        "kind": KIND,
        "competition": spec.name,
        "data_digest": training.data_digest(place),
        "masks": jobs.digest(rles),
    }
    run = crossval.Run.start(place.paths.runs, f"{KIND}-{name}", config, made)
    with jobs.lock(run.path):
        if not run.complete:
            learner = Votes(rles, spec)
            table = crossval.cross_validate(run, learner, report=place.report)
            crossval.predict_test(run, learner, dataset.test["digest"], report=place.report)
            run.finish(figures.metrics(place, run, table))
    return {"run": run.name, **figures.in_order(run.metrics())}


def _read(place: Workplace, wanted: Mapping[Path, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """Return the rows of all wanted images.

    Raises:
        VotesError: images are missing, in either file.
        contest.AnnotationError: a file is faulty.
    """
    import contest

    rles: dict[str, tuple[str, ...]] = {}
    faults = []
    for path, ids in wanted.items():
        table = contest.read_annotations(path, place.spec)
        rows = {str(key): tuple(part) for key, part in table.groupby("image_id")["rle"]}
        missing = [image_id for image_id in ids if image_id not in rows]
        if missing:
            faults.append(
                f"{path} lacks {len(missing)} of {len(ids)} images, "
                f"{', '.join(missing[:SHOWN])}{', …' if len(missing) > SHOWN else ''}"
            )
        rles |= {image_id: rows[image_id] for image_id in ids if image_id in rows}
    if faults:
        raise VotesError(f"{'; '.join(faults)}: give a row for each image, also for empty masks")
    return rles
