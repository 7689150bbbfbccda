"""`tools report`, `tools view`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from tools.cli.command import app, command

if TYPE_CHECKING:
    from tools.usecases.workplace import Workplace


@command(app, "report")
def report(
    place: "Workplace",
    name: Annotated[str, typer.Argument(help="A run, a blend (best too) or a submission.")],
    out: Annotated[
        Path | None, typer.Option(help="The HTML file. Default: in the home, reports/.")
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Also write full-size pictures into a folder beside it.")
    ] = False,
    show: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
) -> dict[str, Any]:
    """Write one self-contained page: figures, charts, and every image with its outlines."""
    from tools.usecases.report import report

    return report(place, name, out=out, full=full, show=show)


@command(app, "view")
def view(
    place: "Workplace",
    run: Annotated[
        str | None, typer.Option(help="A run, blend or submission whose masks are shown.")
    ] = None,
    part: Annotated[
        Literal["train", "test"], typer.Option(help="Which images, where no run is named.")
    ] = "train",
    notes: Annotated[
        Path | None, typer.Option(help="The CSV of your notes. Default: beside the run.")
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 0,
    show: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
) -> dict[str, Any]:
    """Serve the same page for all images, with notes; Ctrl-C ends it."""
    from tools.usecases.report import view

    return view(place, run, part=part, notes=notes, port=port, show=show)
