"""`tools submit`, `tools submissions`, `tools kaggle-standin`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tools.cli.command import app, command, default_command
from tools.console import Result, Shown, can_ask

if TYPE_CHECKING:
    from tools.usecases.workplace import Workplace

ledger = typer.Typer(rich_markup_mode=None, help="The ledger: scores by CV and on the leaderboard.")
app.add_typer(ledger, name="submissions")


@command(app, "submit")
def submit(
    place: "Workplace",
    blend: Annotated[str, typer.Option(help="The name of a blend, or best.")] = "best",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Write and check the file; submit nothing.")
    ] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Wait for the score.")] = False,
    message: Annotated[str, typer.Option(help="What Kaggle shows beside the submission.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Submit without asking.")] = False,
) -> dict[str, Any]:
    """Write, check, submit and record the submission of a blend; asks for confirmation."""
    from tools.usecases.submit import submit

    if not (yes or dry_run or can_ask()):
        raise typer.BadParameter("no terminal to ask for confirmation: add --yes to submit it")
    return submit(place, blend, dry_run=dry_run, wait=wait, message=message, yes=yes)


@default_command(ledger)
def submissions(place: "Workplace") -> Result:
    """Show all submissions with their honest and leaderboard scores."""
    return _ledger(place, poll=False)


@command(ledger, "poll")
def poll(place: "Workplace") -> Result:
    """Ask Kaggle for the state and scores of all submissions, then show them."""
    return _ledger(place, poll=True)


def _ledger(place: "Workplace", *, poll: bool) -> Shown:
    from tools.console import submissions as page
    from tools.usecases.submissions import submissions

    found = submissions(place, poll=poll)
    return Shown(found, page.text(found))


@command(ledger, "show")
def show(
    place: "Workplace",
    name: Annotated[str, typer.Argument(help="A ref, a blend, or the beginning of an id.")],
) -> dict[str, Any]:
    """Show one submission: scores, blend, file and history."""
    from tools.usecases.submissions import show

    return show(place, name)


@command(ledger, "diff")
def diff(
    place: "Workplace",
    a: Annotated[str, typer.Argument(help="A submission, as for show, or the name of a folder.")],
    b: Annotated[str, typer.Argument(help="Another one.")],
) -> dict[str, Any]:
    """Show how many images and pixels differ between two submissions."""
    from tools.usecases.submissions import diff

    return diff(place, a, b)


@command(app, "kaggle-standin")
def standin(
    place: "Workplace",
    truth: Annotated[Path, typer.Option(help="True annotations of the test images.")],
    port: Annotated[int, typer.Option(min=0, help="0 is any free port.")] = 0,
    daily_limit: Annotated[
        int | None, typer.Option(min=0, help="Submissions per day. Default: the competition's.")
    ] = None,
    delay: Annotated[float, typer.Option(min=0, help="Seconds until a score is known.")] = 0.0,
    public_share: Annotated[
        float, typer.Option(min=0.01, max=0.99, help="Share of images with a public score.")
    ] = 0.3,
    fault: Annotated[
        list[str] | None,
        typer.Option(help="WHERE:KIND[:TIMES[:SECONDS]], such as CreateSubmission:lost."),
    ] = None,
) -> dict[str, Any]:
    """Serve a local stand-in for Kaggle on loopback until interrupted."""
    from tools.usecases.standin import serve

    how = {"daily_limit": daily_limit, "delay": delay, "public_share": public_share}
    return serve(place, truth, port, faults=fault or (), **how)
