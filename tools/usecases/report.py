"""`tools report`: the page of a run, a blend or a submission, in one file."""

import webbrowser
from pathlib import Path
from typing import Any

from tools.usecases.workplace import Workplace


def report(
    place: Workplace, name: str, *, out: Path | None = None, full: bool = False, show: bool = False
) -> dict[str, Any]:
    """Write the page and say where it lies.

    Args:
        place: with the data.
        name: of a run, a blend ("best" too) or a submission.
        out: the file; None is one in the home.
        full: also write every image at full size into a folder beside it.
        show: open it in the browser.
    """
    import reporting
    from tools.usecases.reports import compose, subject

    about = subject.find(place, name)
    page = compose.page(place, about)
    path = out or place.paths.reports / f"{about.kind}-{about.name}.html"
    pictures = path.with_suffix("") if full else None
    reporting.write(page, path, report=place.report, full=pictures)
    if show:
        webbrowser.open(path.resolve().as_uri())
    return {
        "path": str(path),
        "kind": about.kind,
        "name": about.name,
        "images": len(about.ids),
        "bytes": path.stat().st_size,
        **({"pictures": str(pictures)} if pictures else {}),
    }
