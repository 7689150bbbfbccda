"""Checks of folds: whether new, random and stored folds keep groups together."""

import math
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

import crossval
from contest.audit.findings import Findings, FoldLeakage, LeakageReport
from contest.spec.spec import Spec


def check_folds(
    spec: Spec,
    areas: pd.Series,
    groups: pd.Series | None,
    stored: Path,
    runs: Path,
    log: Findings,
) -> LeakageReport | None:
    """Warn of folds that split groups; return the figures, None if no groups are known.

    Args:
        areas: pixels of the mask of the training images, indexed by image id.
        groups: indexed by image id; images without a group are left out.
        stored: the folder of the folds.
    """
    if groups is None:
        return None
    areas = areas[areas.index.isin(groups.index)]
    made, reason = _made(spec, areas, groups)
    if made is None:
        log.warn("folds", "", reason)
    random, _ = _made(spec, areas, None)
    now = None if made is None else _leakage(made, areas, groups)
    written = list(_written(stored, areas, groups, log))
    leaking = {one.digest: one for one in [now, *written] if one is not None and one.share}
    for digest, one in leaking.items():
        log.warn("leakage", digest, f"{one.text}; {_remedy(runs, digest)}")
    return LeakageReport(
        made=now,
        random=None if random is None else _leakage(random, areas, groups),
        written=written,
    )


def _made(spec: Spec, areas: pd.Series, groups: pd.Series | None) -> tuple[pd.Series | None, str]:
    """Return the folds of the default settings, or the reason why there are none."""
    try:
        folds = crossval.make_folds(areas, groups, n_splits=spec.n_splits, seed=spec.fold_seed)
    except crossval.FoldError as error:
        return None, str(error)
    return folds, ""


def _written(
    stored: Path, areas: pd.Series, groups: pd.Series, log: Findings
) -> Iterator[FoldLeakage]:
    """Yield the leakage of the stored folds of these images."""
    for path in sorted(stored.glob("*.csv")):
        try:
            folds = crossval.read_folds(path)
        except crossval.FoldError as error:
            log.warn("folds", path.stem, str(error))
            continue
        ours = folds[folds.index.isin(areas.index)]
        if len(ours):
            yield _leakage(ours, areas, groups, path.stem)


def _leakage(
    folds: pd.Series, areas: pd.Series, groups: pd.Series, digest: str | None = None
) -> FoldLeakage:
    share, auc = crossval.group_leakage(folds, areas, groups)
    name = digest or crossval.fold_digest(folds)
    return FoldLeakage(name, share, None if math.isnan(auc) else auc)


def _remedy(folder: Path, digest: str) -> str:
    runs = [run.name for run in crossval.list_runs(folder) if run.folds_digest == digest]
    if not runs:
        return "no run uses them"
    return f"repeat `tools cv` of {', '.join(runs)}; new folds keep groups together"
