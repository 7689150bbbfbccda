"""`tools blend`, `tools score`, `tools report`, `tools view`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from tools.cli.command import Workplace, app, command
from tools.console import Result, Shown


@command(app, "blend")
def blend(
    place: Workplace,
    runs: Annotated[list[str] | None, typer.Argument(help="Runs. Default: all.")] = None,
    name: Annotated[str, typer.Option(help="The name of the blend.")] = "blend",
    compare: Annotated[
        tuple[str, str] | None, typer.Option(help="Compare two blends on the same images.")
    ] = None,
) -> Result | Shown:
    """Fit a blend of runs on out-of-fold predictions and give its honest score."""
    if compare and runs:
        raise typer.BadParameter("--compare takes two blends and no runs")
    from tools.console import blend as page
    from tools.usecases import blending

    if compare:
        return blending.compare(place, *compare)
    saved = blending.blend(place, runs or (), name)
    return Shown(saved, page.text(saved.blend, saved.picture))


@command(app, "score")
def score(
    place: Workplace,
    submission: Annotated[Path, typer.Argument(help="A submission file.")],
    truth: Annotated[Path, typer.Option(help="A file of the true annotations.")],
) -> Result:
    """Score a submission offline with the competition's metric."""
    from tools.usecases.score import score

    return score(place, submission, truth)


@command(app, "report")
def report(
    place: Workplace,
    name: Annotated[str, typer.Argument(help="A run, a blend (or best) or a submission.")],
    out: Annotated[
        Path | None,
        typer.Option(dir_okay=False, help="The HTML file. Default: in reports/ of the home."),
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Also write full-size images to a folder next to it.")
    ] = False,
    show: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
) -> Result:
    """Write a self-contained page: figures, charts, and all images with outlines."""
    from tools.usecases.report import report

    return report(place, name, out=out, full=full, show=show)


@command(app, "view")
def view(
    place: Workplace,
    run: Annotated[
        str | None, typer.Option(help="A run, blend or submission whose masks are shown.")
    ] = None,
    part: Annotated[
        Literal["train", "test"], typer.Option(help="Which images, if no run is given.")
    ] = "train",
    notes: Annotated[
        Path | None,
        typer.Option(dir_okay=False, help="The CSV file of your notes. Default: next to the run."),
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 is any free port.")] = 0,
    show: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
) -> Result:
    """Serve the page of all images, where notes can be taken; Ctrl-C stops it."""
    from tools.usecases.view import view

    return view(place, run, part=part, notes=notes, port=port, show=show)
