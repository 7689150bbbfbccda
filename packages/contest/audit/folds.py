"""Whether folds keep groups together: those made now, random ones, and those on the disk."""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tools.usecases.findings import Findings, shared
from tools.usecases.workplace import Workplace

if TYPE_CHECKING:
    import pandas as pd

Figures = dict[str, Any]


def look_at_folds(
    place: Workplace, areas: "pd.Series", groups: "pd.Series | None", log: Findings
) -> dict[str, Any] | None:
    """Warn of folds that share groups; return the figures, None where no groups are known.

    The figures are those of the folds that the tool would make now, of random folds for
    comparison, and of the folds written earlier, each with digest, share and AUC (see
    `crossval.group_leakage`).

    Args:
        areas: lesion pixels of the training images, indexed by image id.
        groups: indexed by image id; images without one are left out.
    """
    if groups is None:
        return None
    areas = areas[areas.index.isin(groups.index)]
    made, reason = _made(place, areas, groups)
    if made is None:
        log.warn("folds", "", reason)
    random, _ = _made(place, areas, None)
    now = None if made is None else _figures(made, areas, groups)
    written = list(_written(place, areas, groups, log))
    leaking = {one["digest"]: one for one in [now, *written] if one is not None and one["share"]}
    for digest, one in leaking.items():
        log.warn("leakage", digest, _told(place, one))
    return {
        "made": now,
        "random": None if random is None else _figures(random, areas, groups),
        "written": written,
    }


def _made(
    place: Workplace, areas: "pd.Series", groups: "pd.Series | None"
) -> tuple["pd.Series | None", str]:
    """Return the folds of the default settings, or why there are none."""
    import crossval

    spec = place.spec
    try:
        folds = crossval.make_folds(areas, groups, n_splits=spec.n_splits, seed=spec.fold_seed)
    except crossval.FoldError as error:
        return None, str(error)
    return folds, ""


def _written(
    place: Workplace, areas: "pd.Series", groups: "pd.Series", log: Findings
) -> Iterator[Figures]:
    """Yield the figures of the folds on the disk that are of these images."""
    import crossval

    for path in sorted(place.paths.folds.glob("*.csv")):
        try:
            folds = crossval.read_folds(path)
        except crossval.FoldError as error:
            log.warn("folds", path.stem, str(error))
            continue
        ours = folds[folds.index.isin(areas.index)]
        if len(ours):
            yield _figures(ours, areas, groups) | {"digest": path.stem}


def _figures(folds: "pd.Series", areas: "pd.Series", groups: "pd.Series") -> Figures:
    import crossval

    share, auc = crossval.group_leakage(folds, areas, groups)
    return {
        "digest": crossval.fold_digest(folds),
        "share": share,
        "auc": None if math.isnan(auc) else auc,
    }


def _told(place: Workplace, one: Figures) -> str:
    import crossval

    known = crossval.list_runs(place.paths.runs)
    runs = [run.name for run in known if run.folds_digest == one["digest"]]
    if not runs:
        return f"{shared(one)}; no run is made on them"
    return f"{shared(one)}; repeat the cv of {', '.join(runs)}, which now keeps groups together"
