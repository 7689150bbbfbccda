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
    name: Annotated[str, typer.Argument(help="A run, a blend (or best) or a submission.")],
    out: Annotated[
        Path | None, typer.Option(help="The HTML file. Default: in reports/ of the home.")
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Also write full-size images to a folder next to it.")
    ] = False,
    show: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
) -> dict[str, Any]:
    """Write a self-contained page: figures, charts, and all images with outlines."""
    from tools.usecases.report import report

    return report(place, name, out=out, full=full, show=show)


@command(app, "view")
def view(
    place: "Workplace",
    run: Annotated[
        str | None, typer.Option(help="A run, blend or submission whose masks are shown.")
    ] = None,
    part: Annotated[
        Literal["train", "test"], typer.Option(help="Which images, if no run is given.")
    ] = "train",
    notes: Annotated[
        Path | None, typer.Option(help="The CSV file of your notes. Default: next to the run.")
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 is any free port.")] = 0,
    show: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
) -> dict[str, Any]:
    """Serve the page of all images, where notes can be taken; Ctrl-C stops it."""
    from tools.usecases.report import view

    return view(place, run, part=part, notes=notes, port=port, show=show)
