"""`tools view`: the page of a whole data set, served locally, with notes."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.usecases.reports import table
from tools.usecases.reports.pictures import ImageFiles
from tools.usecases.workplace import Workplace

if TYPE_CHECKING:
    import reporting


def view(
    place: Workplace, name: str | None, *, part: str, notes: Path | None, port: int, show: bool
) -> dict[str, Any]:
    """Serve the page until it is interrupted.

    Args:
        place: with the data.
        name: of a run or a blend whose predictions are shown; None shows images and truth.
        part: "train" or "test", the images where no run is named.
        notes: the CSV of the notes; None is one beside the run, or in the home.
        port: 0 takes a free one.
        show: open it in the browser.
    """
    import reporting

    page, beside = _named(place, name) if name else _images(place, part)
    path = notes or beside
    reporting.serve(page, notes=path, port=port, open_browser=show, say=place.say)
    return {"notes": str(path), "images": len(page.gallery.table) if page.gallery else 0}


def _images(place: Workplace, part: str) -> "tuple[reporting.Page, Path]":
    import reporting

    rows = table.of_images(place, part)
    gallery = reporting.Gallery(rows, ImageFiles(place, part), place.spec.shape)
    page = reporting.Page(f"{place.spec.title}: {part}", f"{len(rows):,} images", gallery=gallery)
    return page, place.paths.home / f"notes-{part}.csv"


def _named(place: Workplace, name: str) -> "tuple[reporting.Page, Path]":
    import reporting
    from tools.usecases.reports import compose, subject

    about = subject.find(place, name, decide=False)
    rows = table.of_subject(place, about)
    gallery = reporting.Gallery(
        rows, ImageFiles(place, about.part, about), place.spec.shape, compose.rule(about)
    )
    title = f"{about.kind.capitalize()} {about.name}"
    page = reporting.Page(title, compose.subtitle(place, about), gallery=gallery)
    if about.kind == "run":
        return page, place.paths.runs / about.name / "notes.csv"
    return page, place.paths.home / f"notes-{about.kind}-{about.name}.csv"
