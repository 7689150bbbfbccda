"""What reports and viewers show: a run, a blend or a submission."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

import crossval
import ensembling
import jobs
import reporting
from tools.usecases.context.workplace import Workplace
from tools.usecases.ensemble import blending
from tools.usecases.runs import run_figures
from tools.usecases.submission import submission_files


class UnknownSubject(jobs.UserError):
    """No run, blend or submission has this name."""


def find(place: Workplace, name: str, *, masks: bool = True) -> reporting.Subject:
    """Return the blend, else the run, else the submission of that name.

    Args:
        name: of it; "best" is the best blend.
        masks: compute the mask of every image, and score a run as if it were submitted alone.

    Raises:
        UnknownSubject: nothing has this name; the message lists the known names.
    """
    blends = place.blends.names()
    if name == ensembling.BEST or name in blends:
        blend = place.open_blend(name)
        return _of_blend(place, "blend", blend, place.blends.images(blend), masks)
    runs = [run.name for run in place.runs]
    if name and any(known.startswith(name) for known in runs):
        return _of_run(place, place.open_run(name), masks)
    try:
        return _of_submission(place, submission_files.find(place, name))
    except submission_files.NoSuchSubmission as error:
        kinds = {"blends": [*blends, ensembling.BEST] if blends else [], "runs": runs}
        known = "; ".join(f"{kind} {', '.join(names)}" for kind, names in kinds.items() if names)
        raise UnknownSubject(
            f"{name!r} is no blend and no run (known: {known or 'none'}), and {error}"
        ) from None


def _of_run(place: Workplace, run: crossval.Run, masks: bool) -> reporting.Subject:
    if masks:
        return _of_blend(place, "run", *blending.fit_runs(place, [run], run.name), masks)
    blending.check_data(place, [run])
    ids, members = list(place.dataset.train.index), [blending.oof_member(run)]
    return _subject(place, "run", run.name, "train", ids, runs=[run], members=members)


def _of_blend(
    place: Workplace, kind: str, blend: ensembling.Blend, scores: pd.DataFrame, masks: bool
) -> reporting.Subject:
    runs = blending.open_runs(place, blend.runs)
    blending.check_data(place, runs)
    return _subject(
        place,
        kind,
        blend.name,
        "train",
        list(place.dataset.train.index),
        runs=runs,
        members=list(map(blending.oof_member, runs)),
        blend=blend,
        masks=blending.oof_masks(place, blend) if masks else None,
        scores=scores,
    )


def _of_submission(place: Workplace, one: submission_files.SubmissionFile) -> reporting.Subject:
    """Return a submission; with members if its runs have predictions of these test images."""
    masks = submission_files.masks(place, one)
    path = one.path.with_name("blend.json")
    blend = ensembling.Blend.from_dict(jobs.read_json(path)) if path.exists() else None
    names = () if blend is None else blend.runs
    runs = [run for run in place.runs if run.name in names]
    runs.sort(key=lambda run: names.index(run.name))
    key = crossval.test_key(place.dataset.test["digest"])
    whole = len(runs) == len(names) and all(run.test(key) is not None for run in runs)
    return _subject(
        place,
        "submission",
        one.name,
        "test",
        [image_id for image_id in place.dataset.test.index if image_id in masks],
        runs=runs,
        members=[blending.test_member(place, run) for run in runs] if whole else [],
        blend=blend,
        masks=masks,
    )


def _subject(
    place: Workplace, kind: str, name: str, part: str, ids: Sequence[str], **known: Any
) -> reporting.Subject:
    kinds = run_figures.kinds(place, pd.Index(ids))
    return reporting.Subject(kind, name, part, ids, place.spec, place.dataset, kinds, **known)
