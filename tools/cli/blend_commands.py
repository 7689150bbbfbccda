"""`tools blend`, `tools score`, `tools report`, `tools view`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from tools.cli import complete
from tools.cli.command import Port, Workplace, app, command
from tools.console import Result, Shown


@command(app, "blend")
def blend(
    place: Workplace,
    runs: Annotated[
        list[str] | None,
        typer.Argument(help="Runs. Default: all.", autocompletion=complete.runs),
    ] = None,
    name: Annotated[str, typer.Option(help="The name of the blend.")] = "blend",
    compare: Annotated[
        tuple[str, str] | None,
        typer.Option(help="Compare two blends on the same images.", autocompletion=complete.blends),
    ] = None,
) -> Result | Shown:
    """Fit a blend of runs on out-of-fold predictions and give its honest score.

    Example: tools blend lightgbm unet_lite_256 --name first
    """
    if compare and runs:
        raise typer.BadParameter("--compare takes two blends and no runs")
    from tools.console import blend as page
    from tools.usecases.ensemble import blending

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
    """Score a submission offline with the competition's metric.

    Example: tools score submission.csv --truth truth.csv
    """
    from tools.usecases.ensemble.score import score

    return score(place, submission, truth)


@command(app, "report")
def report(
    place: Workplace,
    name: Annotated[
        str | None,
        typer.Argument(
            help="A run, a blend (or best) or a submission. Default: all runs and blends.",
            autocompletion=complete.subjects,
        ),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(
            help="Another one of the same images: draw its masks too, largest changes first.",
            autocompletion=complete.subjects,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(dir_okay=False, help="The HTML file. Default: in reports/ of the home."),
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Also write full-size images to a folder next to it.")
    ] = False,
    show: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
) -> Result:
    """Write a self-contained page: figures, charts, and all images with outlines.

    Without a name: the page of all runs and blends, with intervals and paired differences.

    Example: tools report best --open
    """
    from tools.usecases.look.report import report

    if name is None and (against or full):
        raise typer.BadParameter("--against and --full need the name of a run, blend or submission")
    return report(place, name, against=against, out=out, full=full, show=show)


@command(app, "view")
def view(
    place: Workplace,
    folder: Annotated[
        Path | None,
        typer.Argument(help="A folder of images of any format, instead of the competition's."),
    ] = None,
    run: Annotated[
        str | None,
        typer.Option(
            help="A run, blend or submission whose masks are shown.",
            autocompletion=complete.subjects,
        ),
    ] = None,
    part: Annotated[
        Literal["train", "test"], typer.Option(help="Which images, if no run is given.")
    ] = "train",
    notes: Annotated[
        Path | None,
        typer.Option(dir_okay=False, help="The CSV file of your notes. Default: next to the run."),
    ] = None,
    port: Port = 0,
    show: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
) -> Result:
    """Serve the page of all images, where notes can be taken; Ctrl-C stops it.

    With a folder, such as one of DICOM files: its images and what their headers say. Notes are in
    its notes.csv unless --notes names another file.

    Example: tools view --run best --open
    """
    if folder is not None and run is not None:
        raise typer.BadParameter("give a folder or --run, not both")
    from tools.usecases.look.view import view

    return view(place, run, part=part, notes=notes, port=port, show=show, folder=folder)
