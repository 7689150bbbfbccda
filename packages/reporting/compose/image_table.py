"""A row for every image of the gallery: what is known, what was predicted, how it was judged."""

from typing import TYPE_CHECKING

from tools.usecases.reports.subject import Subject
from tools.usecases.workplace import Workplace

if TYPE_CHECKING:
    import pandas as pd


def of_images(place: Workplace, part: str) -> "pd.DataFrame":
    """Return what facts, annotations and groups say of every image of `part`."""
    import pandas as pd

    dataset = place.dataset
    frame = dataset.train if part == "train" else dataset.test
    table = pd.DataFrame(index=frame.index)
    if part == "train":
        table["positive"] = dataset.areas[frame.index] > 0
        table["true_area"] = dataset.areas[frame.index]
    table = table.join(dataset.facts.loc[frame.index])
    if part == "train" and dataset.groups is not None:
        table["group"] = dataset.groups[frame.index].astype(str)
    return table


def of_subject(place: Workplace, subject: Subject) -> "pd.DataFrame":
    """Return the same with predictions and scores, rows in the order of the subject's images.

    Score and decision are those of the decided masks; where these were not computed, the honest
    ones.
    """
    ids = subject.ids
    table = of_images(place, subject.part).loc[ids]
    judged = subject.judged
    if judged is not None:
        table["fold"] = judged["fold"].loc[ids].astype(str)
        table["honest score"] = judged["score"].loc[ids]
        table["drawn"], table["score"] = judged["predicted"].loc[ids], judged["score"].loc[ids]
    if subject.decided is not None:
        _add_decided(place, subject, table)
    if subject.p is not None:
        table["p"] = subject.p
    if len(subject.members) > 1:
        ranks = member_ranks(subject)
        table["disagreement"] = ranks.max(axis=1) - ranks.min(axis=1)
        for member in subject.members:
            table[f"p {member.name}"] = member.p.loc[ids]
    return table


def member_ranks(subject: Subject) -> "pd.DataFrame":
    """Return each member's rank of every image, 0..1; members disagree where these differ."""
    import pandas as pd

    return pd.DataFrame(
        {one.name: one.p.loc[subject.ids].rank(pct=True) for one in subject.members}
    )


def _add_decided(place: Workplace, subject: Subject, table: "pd.DataFrame") -> None:
    import numpy as np

    import contest

    decided = subject.decided
    assert decided is not None
    masks = [decided[image_id] for image_id in subject.ids]
    table["area"] = [mask.area for mask in masks]
    table["drawn"] = table["area"] > 0
    if subject.part == "train":
        truth = place.dataset.truth
        pairs = zip(subject.ids, masks, strict=True)
        overlap = np.array([truth[image_id].iou(mask) for image_id, mask in pairs])
        table["score"] = contest.metric_of(place.spec)(overlap)
