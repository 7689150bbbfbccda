"""`tools submit`, `tools submissions`, `tools kaggle-standin`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from tools.cli.command import app, command, default_command
from tools.pipeline.workplace import Workplace

ledger = typer.Typer(rich_markup_mode=None, help="The ledger: CV beside leaderboard.")
app.add_typer(ledger, name="submissions")


@command(app, "submit")
def submit(
    place: Workplace,
    blend: Annotated[str, typer.Option(help="A blend's name, or best.")] = "best",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Write and check the file; send nothing.")
    ] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Wait for the score.")] = False,
    message: Annotated[str, typer.Option(help="What Kaggle shows beside the submission.")] = "",
) -> dict[str, Any]:
    """Write, check, send and record the submission of a blend."""
    from tools.pipeline.delivery import submit

    return submit(place, blend, dry_run=dry_run, wait=wait, message=message)


@default_command(ledger)
def submissions(place: Workplace) -> dict[str, Any]:
    """Show every submission: its cross-validated score beside the leaderboard's."""
    from tools.pipeline.delivery import submissions

    return submissions(place)


@command(ledger, "poll")
def poll(place: Workplace) -> dict[str, Any]:
    """Ask Kaggle for the state and scores of all submissions, then show them."""
    from tools.pipeline.delivery import submissions

    return submissions(place, poll=True)


@command(app, "kaggle-standin")
def standin(
    place: Workplace,
    truth: Annotated[Path, typer.Option(help="True annotations of the test images.")],
    port: Annotated[int, typer.Option(min=0, help="0 takes a free one.")] = 0,
) -> dict[str, Any]:
    """Serve a local stand-in for Kaggle on loopback until interrupted."""
    from tools.pipeline.standin import serve

    return serve(place, truth, port)
