"""`tools report`: the page of a run, a blend or a submission, or of all runs and blends."""

import webbrowser
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

import ensembling
import jobs
import reporting
from tools.usecases.context.html import Html
from tools.usecases.context.workplace import Workplace
from tools.usecases.look import runs, subjects
from tools.usecases.submission.submissions import submissions


class NothingToShow(jobs.UserError):
    """There is no complete run and no blend."""


@dataclass(frozen=True)
class Report(Html):
    """The file of a page, and the folder of its full-size images if there is one."""

    path: Path
    kind: str
    name: str
    images: int
    bytes: int
    pictures: Path | None


def report(
    place: Workplace,
    name: str | None,
    *,
    against: str | None = None,
    out: Path | None = None,
    full: bool = False,
    show: bool = False,
) -> Report:
    """Write the page of a run, blend or submission, or of all runs and blends.

    Args:
        name: of a run, a blend (or "best") or a submission; None for all runs and blends.
        against: another one of the same images, whose masks are drawn too.
        out: the file; None is a file in the home.
        full: also write all images at full size to a folder next to it.
        show: open it in the browser.
    """
    if name is None:
        page, kind, called, images = _overview(place), "overview", "runs", 0
    else:
        subject = subjects.find(place, name)
        other = None if against is None else subjects.find(place, against)
        page = reporting.report_page(subject, submissions(place), other)
        kind, images = subject.kind, len(subject.ids)
        called = subject.name if other is None else f"{subject.name}-against-{other.name}"
    path = out or place.own("reports") / (f"{kind}-{called}.html" if name else "runs.html")
    pictures = path.with_suffix("") if full else None
    reporting.write(page, path, report=place.report, full=pictures)
    if show:
        webbrowser.open(path.resolve().as_uri())
    return Report(path, kind, called, images, path.stat().st_size, pictures)


def _overview(place: Workplace) -> reporting.Page:
    """Return the page of all runs and blends.

    Raises:
        NothingToShow: there are none.
    """
    found = runs.runs(place).runs
    rows = [row for row in found if row.score is not None]
    if not rows:
        raise NothingToShow(
            f"no complete run or blend of {place.spec.name} in {place.paths.home}: make one with "
            "`tools cv EXPERIMENT`"
        )
    scored = [runs.find(place, row.name) for row in rows]
    images = {
        one.name: runs.honest_images(place, one)
        for one in scored
        if runs.comparable(one, scored[0])
    }
    best, groups = images[rows[0].name], place.groups()
    summaries = [_summary(row, images.get(row.name), best, groups) for row in rows]
    unfinished = [row.name for row in found if row.score is None]
    return reporting.runs_page(place.spec.title, summaries, unfinished, submissions(place))


def _summary(
    row: runs.Row, own: pd.DataFrame | None, best: pd.DataFrame, groups: pd.Series | None
) -> reporting.RunSummary:
    """Return a row of the page.

    Args:
        own: honest score of each of its images; None if they are not those of the best.
        best: the same of the best run or blend.
    """
    by_fold, behind = {}, None
    if own is not None:
        by_fold = {
            fold: float(own["score"][own["fold"] == fold].mean())
            for fold in sorted(set(own["fold"].astype(int)))
        }
        if own is not best:
            found = ensembling.compare(own, best, groups)
            behind = (found.difference, *found.interval)
    assert row.score is not None, "complete ones are shown"
    assert row.score_interval is not None
    return reporting.RunSummary(
        kind=row.kind,
        name=row.name,
        score=row.score,
        interval=row.score_interval,
        score_empty=row.score_empty,
        auc=row.auc,
        score_positives=row.score_positives,
        minutes=row.minutes,
        bytes=row.bytes,
        date=row.changed,
        settings=row.settings,
        by_fold=by_fold,
        behind=behind,
        score_sd=row.score_sd,
        trainings=row.trainings,
    )
