"""`tools report`: the page of a run, a blend or a submission."""

import webbrowser
from dataclasses import dataclass
from pathlib import Path

import reporting
from tools.usecases import subjects
from tools.usecases.submissions import submissions
from tools.usecases.workplace import Workplace


@dataclass(frozen=True)
class Report:
    """The file of a page, and the folder of its full-size images if there is one."""

    path: Path
    kind: str
    name: str
    images: int
    bytes: int
    pictures: Path | None


def report(
    place: Workplace, name: str, *, out: Path | None = None, full: bool = False, show: bool = False
) -> Report:
    """Write the page of a run, blend or submission.

    Args:
        name: of a run, a blend (or "best") or a submission.
        out: the file; None is a file in the home.
        full: also write all images at full size to a folder next to it.
        show: open it in the browser.
    """
    subject = subjects.find(place, name)
    page = reporting.report_page(subject, submissions(place))
    path = out or place.own("reports") / f"{subject.kind}-{subject.name}.html"
    pictures = path.with_suffix("") if full else None
    reporting.write(page, path, report=place.report, full=pictures)
    if show:
        webbrowser.open(path.resolve().as_uri())
    return Report(
        path=path,
        kind=subject.kind,
        name=subject.name,
        images=len(subject.ids),
        bytes=path.stat().st_size,
        pictures=pictures,
    )
