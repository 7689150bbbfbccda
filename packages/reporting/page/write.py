"""A report as a file: self-contained, whole or not at all."""

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
"""Bytes of a page: browsers open it quickly, and it fits an e-mail."""
FULL_SIZE, FULL_QUALITY = 1024, 85


def write(
    page: Page,
    path: Path,
    *,
    report: jobs.Report = jobs.silent,
    full: Path | None = None,
    limit: int = LIMIT,
) -> Path:
    """Write the page as one self-contained HTML file, whole or not at all, and return `path`.

    Pictures are inside as thumbnails of the best quality that `limit` allows: with more images
    they get smaller in steps, and if that is not enough the page says how many it leaves out.

    Args:
        report: called while pictures are encoded.
        full: folder that gets every image as `<row>.webp` of 1024 px, to which the zoom of the
            page then links by its relative place; None for none.
        limit: bytes that the file may have.

    Raises:
        ReportError: it does not fit, even without pictures.
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
            "report on fewer images, or look at them with `tools view`"
        )
    jobs.write_text(path, text)
    return path


def _full_size(gallery: Gallery, path: Path, full: Path, report: jobs.Report) -> str:
    """Write the images at full size, and return the folder's address beside the page."""
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
