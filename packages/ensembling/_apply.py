"""From a blend and test predictions to the masks of a submission."""

from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd

import jobs
import rlemask
from ensembling._blend import Blend
from ensembling._calibration import blend_probabilities
from ensembling._errors import InputError
from ensembling._maps import blended
from ensembling._member import Member, check_members
from ensembling._passes import over
from ensembling._select import EMPTY


def apply(
    blend: Blend,
    members: Sequence[Member],
    ids: Sequence[str],
    *,
    shape: tuple[int, int] = (1024, 1024),
    dialect: str = "siim",
    workers: int | None = None,
    report: jobs.Report = jobs.silent,
) -> pd.Series:
    """Return the RLE text that the blend gives each image, indexed by image id in order.

    Args:
        blend: fitted on the same runs.
        members: the runs' predictions of `ids`, in any order.
        ids: images to predict.
        shape: `(h, w)` of the masks; as it was when the blend was fitted.
        dialect: of the RLE texts.
        workers: threads that read maps; None takes one per core.
        report: told of every image.

    Raises:
        InputError: all faults of the members and their maps.
    """
    ids = list(ids)
    empty = rlemask.encode(rlemask.parse("", shape, dialect), dialect)
    _check_runs(blend, members)
    check_members(members, ids)
    if blend.rule != EMPTY and any(weight > 0 for weight in blend.weights.values()):
        p = _probabilities(blend, members, ids)
        mask = partial(_mask, blend=blend, members=members, p=p, shape=shape)

        def text(image_id: str) -> str:
            drawn = mask(image_id)
            return empty if drawn is None else rlemask.encode(drawn, dialect)

        texts = list(over(ids, text, label="masks", workers=workers, report=report))
    else:
        texts = [empty] * len(ids)
    return pd.Series(texts, index=pd.Index(ids, name="image_id"), name="rle", dtype=object)


def _mask(
    image_id: str, *, blend: Blend, members: Sequence[Member], p: pd.Series, shape: tuple[int, int]
) -> np.ndarray | None:
    """Return the bool mask, or None for none; below the gate no map is read."""
    gate = blend.thresholds.gate
    if gate is not None and p[image_id] < gate:
        return None
    return blend.thresholds.mask(blended(members, blend.weights, image_id, shape))


def _probabilities(blend: Blend, members: Sequence[Member], ids: Sequence[str]) -> pd.Series:
    """Return the blended probability of each image; 1 without a gate."""
    if blend.thresholds.gate is None:
        return pd.Series(1.0, index=list(ids))
    # In the order of the fit, because a sum of floats depends on its order.
    by_name = {member.name: member for member in members}
    names = list(blend.gate_weights)
    table = np.column_stack([by_name[name].p.loc[list(ids)].to_numpy(float) for name in names])
    blended_p = blend_probabilities(names, table, blend.calibration, blend.gate_weights)
    return pd.Series(blended_p, index=list(ids))


def _check_runs(blend: Blend, members: Sequence[Member]) -> None:
    given, known = {member.name for member in members}, set(blend.weights)
    faults = [f"the blend needs run {name}, which is missing" for name in sorted(known - given)]
    faults += [f"run {name} is no part of the blend" for name in sorted(given - known)]
    faults += [
        f"run {member.name} has no soft maps of these images"
        for member in members
        if blend.weights.get(member.name, 0.0) > 0 and member.maps is None
    ]
    if faults:
        raise InputError(faults)
