"""Pictures for a person to look at: predicted outlines, and what the features see."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jobs
from tools.usecases import blending
from tools.usecases.workplace import Workplace

if TYPE_CHECKING:
    import drawing
    import rlemask

PANELS = 18
SIDE = 512
"""Pixels on a side of each of them."""


class UnknownImage(jobs.UserError):
    """A picture is asked for of what is neither an image of the data set nor a file."""


def features(place: Workplace, image: str, path: Path) -> dict[str, Any]:
    """Draw what the competition's features look at in one image, an id or a file.

    Raises:
        contest.NotOffered: the competition draws no such picture.
    """
    import contest
    import drawing

    show = contest.optional(place.spec, "show")
    file = Path(image) if Path(image).is_file() else _file_of(place, image)
    picture, about = show(file)
    drawing.write_png(path, picture)
    return {"file": str(file), "picture": str(path), **about}


def _file_of(place: Workplace, image_id: str) -> Path:
    try:
        return place.dataset.path(image_id)
    except KeyError:
        raise UnknownImage(
            f"{image_id!r} is no image of the data set and no file: `tools data frame --csv FILE` "
            "lists the ids"
        ) from None


def sheet(place: Workplace, record: dict[str, Any], path: Path) -> Path:
    """Draw out-of-fold predictions of a blend: the largest lesions and the doubtful negatives.

    Each image is drawn as the rule decided it; a caption gives its score.
    """
    import drawing

    predicted = oof_masks(place, record)
    panels = [_panel(place, image_id, predicted) for image_id in _chosen(place, predicted)]
    drawing.write_png(path, drawing.contact_sheet(panels))
    return path


def oof_masks(place: Workplace, record: dict[str, Any]) -> "dict[str, rlemask.Runs]":
    """Return the mask that the blend gives each training image from out-of-fold maps."""
    import crossval
    import ensembling

    runs = [crossval.open_run(place.paths.runs, name) for name in record["runs"]]
    return ensembling.apply(
        ensembling.Blend.from_dict(record),
        [blending.oof_member(run, run.oof()) for run in runs],
        list(place.dataset.train.index),
        shape=place.spec.shape,
        report=place.report,
    )


def _chosen(place: Workplace, predicted: "Mapping[str, rlemask.Runs]") -> list[str]:
    """Two thirds positives spread over lesion size, then negatives, false positives first."""
    areas = place.dataset.areas
    positives = areas[areas > 0].sort_values(ascending=False).index
    step = max(1, len(positives) // (PANELS * 2 // 3))
    negatives = areas.index[areas == 0]
    found = sorted(negatives, key=lambda image_id: not len(predicted[image_id]))
    chosen = [*positives[::step][: PANELS * 2 // 3], *found]
    return chosen[:PANELS]


def _panel(
    place: Workplace, image_id: str, predicted: "Mapping[str, rlemask.Runs]"
) -> "drawing.Panel":
    import numpy as np

    import contest
    import drawing

    dataset, spec = place.dataset, place.spec
    truth, mask = dataset.truth[image_id], predicted[image_id]
    score = float(contest.metric_of(spec)(np.array(truth.iou(mask))))
    return drawing.Panel(
        image=dataset.image(image_id, SIDE),
        truth=truth.mask(),
        prediction=mask.mask(),
        caption=f"{'positive' if len(truth) else 'negative'}  {spec.metric_name} {score:.2f}",
    )
