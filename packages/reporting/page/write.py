"""Writing of a report as one self-contained HTML file."""

import os
from functools import partial
from pathlib import Path
from urllib.parse import quote

import jobs
from reporting._errors import ReportError
from reporting.page import encode, render
from reporting.page.content import Gallery, Page
from reporting.page.embedding import embed

LIMIT = 19_500_000
"""Largest size of a page in bytes, chosen for quick loading and for e-mail attachments."""
FULL_SIZE, FULL_QUALITY = 1024, 85


def write(
    page: Page,
    path: Path,
    *,
    report: jobs.Report = jobs.silent,
    full: Path | None = None,
    limit: int = LIMIT,
) -> Path:
    """Write the page as one self-contained HTML file, atomically, and return `path`.

    Images are embedded as thumbnails of the best quality that `limit` allows, see `embed`. The
    page states how many images are left out.

    Args:
        report: progress of the encoding.
        full: folder for the images of 1024 x 1024 pixels, `<row>.webp`, which the page links to by
            relative paths for its viewer; None writes no such images.
        limit: largest size of the file in bytes.

    Raises:
        ReportError: the page exceeds `limit` even without pictures.
    """
    path = Path(path)
    text = render.html(page)
    if page.gallery is not None:
        room = limit - len(text.encode())
        link = _full_size(page.gallery, path, Path(full), report) if full is not None else ""
        text = render.html(page, pictures=embed(page.gallery, room, report=report, full=link))
    if len(text.encode()) > limit:
        raise ReportError(
            f"{path} would have {len(text.encode()):,} bytes, more than {limit:,}: "
            "report on fewer images, or use `tools view`"
        )
    jobs.write_text(path, text)
    return path


def _full_size(gallery: Gallery, path: Path, full: Path, report: jobs.Report) -> str:
    """Write the images at full size; return the folder's URL relative to the page."""
    rows = [(k, str(image_id)) for k, image_id in enumerate(gallery.table.index)]
    for _ in encode.threaded(
        partial(_write_full, gallery, full), rows, report, "full-size pictures"
    ):
        pass
    return quote(Path(os.path.relpath(full, path.parent)).as_posix())


def _write_full(gallery: Gallery, full: Path, row: tuple[int, str]) -> None:
    k, image_id = row
    with jobs.writing(full / f"{k}.webp") as temporary:
        temporary.write_bytes(
            encode.image_bytes(gallery.pictures, image_id, FULL_SIZE, FULL_QUALITY)
        )
