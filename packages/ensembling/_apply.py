"""From a blend and test predictions to the masks of a submission."""

from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd

import jobs
import rlemask
from ensembling._blend import Blend
from ensembling._errors import InputError
from ensembling.evaluation.nested_cv import EMPTY
from ensembling.maps.averaging import average, enlarge, read_maps, spreads_of
from ensembling.maps.level_counts import count
from ensembling.maps.map_statistics import statistics
from ensembling.maps.member import Member, check_members
from ensembling.maps.reading import ReadOptions, read_each
from ensembling.rules.calibration import blend_probabilities
from ensembling.rules.expected_score import columns
from ensembling.rules.postprocess import postprocess


def apply(
    blend: Blend,
    members: Sequence[Member],
    ids: Sequence[str],
    *,
    shape: tuple[int, int],
    workers: int | None = None,
    report: jobs.Report = jobs.silent,
) -> dict[str, rlemask.Runs]:
    """Return the predicted mask of each image, by image id in order.

    Args:
        blend: fitted on the same runs.
        members: the runs' predictions of `ids`, in any order.
        ids: images to predict.
        shape: `(h, w)` of the masks, the same as in the fit.
        workers: threads that read maps; None for one per core.
        report: called after every image.

    Raises:
        InputError: all faults of the members and their maps.
    """
    ids, how = list(ids), ReadOptions(shape, workers, report)
    empty = rlemask.empty(shape)
    _check_runs(blend, members)
    check_members(members, ids)
    if blend.rule == EMPTY or not any(weight > 0 for weight in blend.weights.values()):
        return dict.fromkeys(ids, empty)
    drawn = partial(_mask, members=_Ordered(blend, members, ids), shape=shape)

    def runs(image_id: str) -> rlemask.Runs:
        mask = drawn(image_id)
        return empty if mask is None else rlemask.runs_of(mask)

    return dict(zip(ids, read_each(ids, runs, how, label="masks"), strict=True))


def probabilities(blend: Blend, members: Sequence[Member], ids: Sequence[str]) -> pd.Series:
    """Return the probability that each image is positive, float64 indexed by image id.

    The value that is compared with the gate; without a gate the mean of the members.

    Raises:
        InputError: all faults of the members and their probabilities.
    """
    ids = list(ids)
    _check_runs(blend, members)
    check_members(members, ids)
    ordered = _Ordered(blend, members, ids)
    return ordered.p.mean(axis=1) if ordered.gate is None else ordered.gate


class _Ordered:
    """A blend with its members in the order of the fit, as a sum of floats depends on its order."""

    def __init__(self, blend: Blend, members: Sequence[Member], ids: list[str]) -> None:
        self.blend = blend
        by_name = {member.name: member for member in members}
        self.used = [by_name[name] for name, weight in blend.weights.items() if weight > 0]
        self.weights = [weight for weight in blend.weights.values() if weight > 0]
        names = list(blend.weights)
        table = np.column_stack([by_name[name].p.loc[ids].to_numpy(float) for name in names])
        self.p = pd.DataFrame(table, index=ids, columns=names)
        self.gate = None
        if blend.gate_weights:
            gate = blend_probabilities(names, table, blend.calibration, blend.gate_weights)
            self.gate = pd.Series(gate, index=ids)


def _mask(image_id: str, *, members: _Ordered, shape: tuple[int, int]) -> np.ndarray | None:
    """Return the bool mask, or None for no mask; below the gate no map is read."""
    blend = members.blend
    if members.gate is not None and members.gate[image_id] < blend.thresholds.gate:
        return None
    maps = read_maps(members.used, image_id)
    blended = average(maps, members.weights)
    prob = enlarge(blended, shape)
    if blend.expected is not None:
        area = count(prob, rlemask.empty(shape))[0]
        found = statistics(blended, maps, spreads_of(members.used, image_id))
        p = members.p.loc[image_id].to_numpy()
        table = columns(area[None], found[None], p[None], shape[0] * shape[1])
        if blend.expected.gain(table)[0] < blend.thresholds.gate:
            return None
    mask = blend.thresholds.mask(prob)
    return None if mask is None else postprocess(mask, blend.postprocess)


def _check_runs(blend: Blend, members: Sequence[Member]) -> None:
    given, known = {member.name for member in members}, set(blend.weights)
    faults = [f"the blend needs run {name}, which is missing" for name in sorted(known - given)]
    faults += [f"run {name} is not part of the blend" for name in sorted(given - known)]
    faults += [
        f"run {member.name} has no probability maps of these images"
        for member in members
        if blend.weights.get(member.name, 0.0) > 0 and member.maps is None
    ]
    if faults:
        raise InputError(faults)
