"""Features and labels of the two sides of every image."""

from typing import TYPE_CHECKING

from tools.pipeline import training
from tools.pipeline.workplace import Workplace

if TYPE_CHECKING:
    import pandas as pd

    import contest

SHARE = 0.1
"""Of an image's lesion that makes a side positive: annotations cross the middle a little."""


def side_tables(
    place: Workplace, experiment: "contest.Experiment", part: str
) -> dict[str, "pd.DataFrame"]:
    """Return the features of both sides of the images of `part`, from the cache where possible."""
    import cxrfeatures

    return cxrfeatures.extract_sides(
        training.pixel_stack(place, experiment.side, part),
        cache_dir=place.paths.features,
        report=place.report,
    )


def side_labels(dataset: "contest.Dataset") -> "pd.DataFrame":
    """Return for every training image whether its left and its right half hold the lesion.

    Returns:
        int64, 0 or 1, columns "left" and "right" of the picture, indexed by image id. A side is
        positive with at least `SHARE` of the annotated pixels.
    """
    import numpy as np
    import pandas as pd

    import cxrfeatures

    labels = pd.DataFrame(
        np.zeros((len(dataset.areas), 2), np.int64), dataset.areas.index, list(cxrfeatures.SIDES)
    )
    for image_id in dataset.areas.index[dataset.areas > 0]:
        mask = dataset.truth[image_id].mask()
        middle = mask.shape[1] // 2
        halves = np.array([mask[:, :middle].sum(), mask[:, middle:].sum()])
        labels.loc[image_id] = (halves / halves.sum() >= SHARE).astype(np.int64)
    return labels
