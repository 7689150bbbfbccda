"""`tools view`: serve the page of all images, where notes can be taken."""

from dataclasses import dataclass
from pathlib import Path

import imagestack
import reporting
from tools.usecases.context.workplace import Workplace
from tools.usecases.look import subjects


@dataclass(frozen=True)
class Viewed:
    """The file of the notes and the number of images that were shown."""

    notes: Path
    images: int


def view(
    place: Workplace,
    name: str | None,
    *,
    part: str,
    notes: Path | None,
    port: int,
    show: bool,
    folder: Path | None = None,
) -> Viewed:
    """Serve the page of all images until it is interrupted.

    Args:
        folder: of images of any format, instead of the competition's.
        name: of a run, blend or submission whose masks are shown; None shows images and truth.
        part: "train" or "test", the images if no name is given.
        notes: the CSV file of the notes; None is a file next to the run, or in the home.
        port: 0 is any free port.
        show: open it in the browser.
    """
    if folder is not None:
        scan = imagestack.scan(folder, report=place.report)
        page, path = reporting.folder_page(folder, scan), notes or folder / "notes.csv"
    elif name:
        subject = subjects.find(place, name, masks=False)
        page = reporting.viewer_page(subject)
        of_run = place.paths.runs / subject.name / "notes.csv"
        other = _notes(place, f"{subject.kind}-{subject.name}")
        path = notes or (of_run if subject.kind == "run" else other)
    else:
        page = reporting.images_page(place.dataset, place.spec, part)
        path = notes or _notes(place, part)
    reporting.serve(page, notes=path, port=port, open_browser=show, say=place.announce)
    return Viewed(path, len(page.gallery.table) if page.gallery else 0)


def _notes(place: Workplace, name: str) -> Path:
    """Return the file of notes of that name; one of older versions is continued."""
    old = place.paths.home / f"notes-{name}.csv"
    return old if old.exists() else place.own("notes") / f"{name}.csv"
