"""A member of a blend, and the checks of a set of members."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd

import rlemask
from ensembling._errors import InputError

Weights = tuple[float, ...]
"""Weights of the members in their order, each 0 or more; with sum 1, or all 0."""


class MapSource(Protocol):
    """Probability maps by image id; a `crossval.MapStore` is one."""

    def __contains__(self, image_id: object) -> bool:
        """Return whether there is a map of the image."""

    def read(self, image_id: str) -> np.ndarray:
        """Return one map, uint8 `(s, s)`, 255 = probability 1."""


@dataclass(frozen=True)
class Member:
    """The predictions of one run.

    Attributes:
        name: of the run.
        p: probability that an image is positive, float Series indexed by image id.
        maps: the probability maps, or None for a run of probabilities only.
        folds_digest: of the run's folds; runs with different folds cannot be blended.
        spread: difference of the maps of an image and of its flipped copy, 0..1, float Series
            indexed by image id; None if unknown.
    """

    name: str
    p: pd.Series
    maps: MapSource | None = None
    folds_digest: str | None = None
    spread: pd.Series | None = None


def check_members(members: Sequence[Member], ids: Sequence[str]) -> None:
    """Check that every member has valid predictions of every image in `ids`.

    Raises:
        InputError: with all faults of all members.
    """
    faults = _set_faults(members) + doubled("the images to predict", pd.Index(ids))
    for member in members:
        faults += _faults_of(f"{member.name}, probabilities", member.p, ids)
        faults += _map_faults(member, ids)
        if member.spread is not None:
            faults += _faults_of(f"{member.name}, spreads", member.spread, ids)
    if faults:
        raise InputError(faults)


def check_truth(
    truth: Mapping[str, rlemask.Runs], folds: pd.Series, groups: pd.Series | None
) -> None:
    """Check that every image in `folds` has a mask of one shape and, if groups are known, a group.

    Raises:
        InputError: with all faults.
    """
    faults = doubled("the folds", folds.index)
    faults += missing("the truth", [i for i in folds.index if i not in truth])
    faults += _shape_faults({i: truth[i].shape for i in folds.index if i in truth})
    if folds.isna().any():
        faults.append(f"the folds: {folds.isna().sum()} images have no fold")
    elif folds.nunique() < 2:
        faults.append("the folds: an honest score needs at least 2 folds")
    if groups is not None:
        faults += doubled("the groups", groups.index)
        known = groups.index[groups.notna()]
        faults += missing("the groups", folds.index.difference(known, sort=False))
        faults += _split_groups(folds, groups)
    if faults:
        raise InputError(faults)


def _shape_faults(shapes: Mapping[str, tuple[int, int]]) -> list[str]:
    kinds = sorted(set(shapes.values()))
    return [f"the truth: masks have different shapes, {kinds}"] if len(kinds) > 1 else []


def _split_groups(folds: pd.Series, groups: pd.Series) -> list[str]:
    """Return the fault of groups in several folds: models are scored on training groups."""
    both = folds.index.intersection(groups.index[groups.notna()]).unique()
    if folds.index.has_duplicates or groups.index.has_duplicates:
        return []
    spread = folds[both].groupby(groups[both].to_numpy()).nunique()
    split = spread.index[spread > 1]
    if not len(split):
        return []
    return [
        f"the folds: {len(split)} groups are in several folds, first {split[0]}: repeat `tools cv` "
        "of these runs now that groups are known"
    ]


def check_weights(weights: Mapping[str, float], members: Sequence[Member]) -> None:
    """Check given weights: one for each member, not negative, not all 0.

    Raises:
        ValueError: with all faults.
    """
    names = {member.name for member in members}
    faults = [f"no weight for {name}" for name in sorted(names - weights.keys())]
    faults += [f"{name} is not a member" for name in sorted(weights.keys() - names)]
    faults += [
        f"the weight of {name} is {weight}, it must be 0 or more"
        for name, weight in weights.items()
        if not (np.isfinite(weight) and weight >= 0)
    ]
    mapped = [weights.get(member.name, 0.0) for member in members if member.maps is not None]
    if not faults and ((mapped and sum(mapped) <= 0) or sum(weights.values()) <= 0):
        faults.append("the weights of the runs with probability maps are all 0")
    if faults:
        raise ValueError("; ".join(faults))


def doubled(what: str, index: pd.Index) -> list[str]:
    """Return the fault of ids that occur more than once, if any do."""
    again = index[index.duplicated()].unique()
    return [f"{what}: {len(again)} image ids occur twice, first {again[0]}"] if len(again) else []


def missing(what: str, ids: Sequence[str] | pd.Index) -> list[str]:
    """Return the fault of missing ids, if there are any."""
    return [f"{what}: {len(ids)} images are missing, first {ids[0]}"] if len(ids) else []


def _set_faults(members: Sequence[Member]) -> list[str]:
    if not members:
        return ["no run is given"]
    names = pd.Series([member.name for member in members])
    faults = [f"{name} is given more than once" for name in names[names.duplicated()].unique()]
    known = {m.name: m.folds_digest for m in members if m.folds_digest is not None}
    if len(set(known.values())) > 1:
        listed = ", ".join(f"{name} has {digest}" for name, digest in known.items())
        faults.append(
            f"the runs have different folds ({listed}): repeat their `tools cv` on one set"
        )
    return faults


def _faults_of(where: str, shares: pd.Series, ids: Sequence[str]) -> list[str]:
    """Return the faults of figures in 0..1, one for each image."""
    faults = doubled(where, shares.index)
    faults += missing(where, pd.Index(ids).difference(shares.index, sort=False))
    if not pd.api.types.is_numeric_dtype(shares):
        return [*faults, f"{where}: they are {shares.dtype}, not numbers"]
    wrong = shares.index[~shares.between(0, 1)].intersection(pd.Index(ids))
    if len(wrong):
        value = np.ravel(shares.loc[wrong[0]])[0]
        faults.append(f"{where}: {len(wrong)} are not in 0..1, first {wrong[0]}: {value}")
    return faults


def _map_faults(member: Member, ids: Sequence[str]) -> list[str]:
    maps = member.maps
    if maps is None:
        return []
    return missing(f"{member.name}, probability maps", [i for i in ids if i not in maps])
