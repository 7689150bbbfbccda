"""`tools submit`, `tools submissions`, `tools kaggle-standin`, `tools kernel …`."""

from pathlib import Path
from typing import Annotated

import typer

from tools.cli import complete
from tools.cli.command import (
    Port,
    Workplace,
    app,
    command,
    default_command,
    group,
    number,
    require_answer,
)
from tools.console import Result, Shown

ledger = group("submissions", "The ledger: scores by CV and on the leaderboard.", help_alone=False)
kernel = group("kernel", "Notebook competitions: a bundle that predicts on Kaggle, offline.")

Bundle = Annotated[Path, typer.Argument(help="A folder written by `tools kernel build`.")]
Wait = Annotated[bool, typer.Option("--wait", help="Wait for the score.")]
Message = Annotated[str, typer.Option(help="What Kaggle shows beside the submission.")]
Yes = Annotated[bool, typer.Option("--yes", help="Submit without asking.")]


@command(app, "submit")
def submit(
    place: Workplace,
    blend: Annotated[
        str, typer.Option(help="The name of a blend, or best.", autocompletion=complete.blends)
    ] = "best",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Write and check the file; submit nothing.")
    ] = False,
    wait: Wait = False,
    message: Message = "",
    yes: Yes = False,
) -> Result:
    """Write, check, submit and record the submission of a blend; asks for confirmation.

    Example: tools submit --blend best --dry-run
    """
    from tools.usecases.submission.submit import submit

    require_answer(yes or dry_run, "submit it")
    return submit(place, blend, dry_run=dry_run, wait=wait, message=message, yes=yes)


@default_command(ledger)
def submissions(place: Workplace) -> Shown:
    """Show all submissions with their honest and leaderboard scores.

    Example: tools submissions
    """
    return _ledger(place, poll=False)


@command(ledger, "poll")
def poll(place: Workplace) -> Shown:
    """Ask Kaggle for the state and scores of all submissions, then show them.

    Example: tools submissions poll
    """
    return _ledger(place, poll=True)


def _ledger(place: Workplace, *, poll: bool) -> Shown:
    from tools.console import submissions as page
    from tools.usecases.submission.submissions import submissions

    found = submissions(place, poll=poll)
    return Shown(found, page.text(found))


@command(ledger, "show")
def show(
    place: Workplace,
    name: Annotated[str, typer.Argument(help="A ref, a blend, or the beginning of an id.")],
) -> Result:
    """Show one submission: scores, blend, file and history.

    Example: tools submissions show first
    """
    from tools.usecases.submission.submissions import show

    return show(place, name)


@command(ledger, "diff")
def diff(
    place: Workplace,
    a: Annotated[str, typer.Argument(help="A submission, as for show, or the name of a folder.")],
    b: Annotated[str, typer.Argument(help="Another one.")],
) -> Result:
    """Show how many images and pixels differ between two submissions.

    Example: tools submissions diff first second
    """
    from tools.usecases.submission.submissions import diff

    return diff(place, a, b)


@command(app, "kaggle-standin")
def standin(
    place: Workplace,
    truth: Annotated[Path, typer.Option(help="True annotations of the test images.")],
    port: Port = 0,
    daily_limit: Annotated[
        int | None, number("Submissions per day. Default: the competition's.", 0, 1_000_000)
    ] = None,
    delay: Annotated[float, number("Seconds until a score is known.", 0, 86_400)] = 0.0,
    public_share: Annotated[
        float, number("Share of images with a public score.", 0.01, 0.99)
    ] = 0.3,
    fault: Annotated[
        list[str] | None,
        typer.Option(help="WHERE:KIND[:TIMES[:SECONDS]], such as CreateSubmission:lost."),
    ] = None,
) -> Result:
    """Serve a local stand-in for Kaggle on loopback until interrupted.

    Example: tools kaggle-standin --truth test-truth.csv --port 8080
    """
    from tools.usecases.submission.standin import serve

    how = {"daily_limit": daily_limit, "delay": delay, "public_share": public_share}
    return serve(place, truth, port, faults=fault or (), **how)


@command(kernel, "build")
def build(
    place: Workplace,
    name: Annotated[
        str,
        typer.Argument(help="A blend, best, or a single run.", autocompletion=complete.subjects),
    ],
    to: Annotated[
        Path | None, typer.Option(help="The folder. Default: kernels/BLEND in the home.")
    ] = None,
    wheels: Annotated[
        Path | None, typer.Option(help="A folder with wheels that Kaggle's image lacks.")
    ] = None,
    machine: Annotated[
        str,
        typer.Option(help="Such as TpuV5E8. Default: NvidiaTeslaT4 if a model uses a GPU."),
    ] = "",
    server: Annotated[
        bool,
        typer.Option("--server", help="Answer the gateway of a competition that has one."),
    ] = False,
    gateway_path: Annotated[
        list[str] | None,
        typer.Option(help="With --server: a file or folder of the data that its gateway reads."),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(help="With --server: what it writes. Default: submission.parquet."),
    ] = None,
) -> Result:
    """Write a bundle of models, this program and a notebook that predicts offline.

    Example: tools kernel build best --to bundle
    """
    from tools.usecases.submission.kernels import SERVER_OUTPUT, Server, build

    if not server and (gateway_path or output):
        raise typer.BadParameter("--gateway-path and --output need --server")
    asked = Server(gateway_path or (), output or SERVER_OUTPUT) if server else None
    return build(place, name, to, wheels, machine=machine, server=asked)


@command(kernel, "push")
def push(place: Workplace, bundle: Bundle) -> Result:
    """Upload a bundle as a private data set and start its notebook.

    Example: tools kernel push bundle
    """
    from tools.usecases.submission.kernels import push

    return push(place, bundle)


@command(kernel, "status")
def status(place: Workplace, bundle: Bundle) -> Result:
    """Say whether the notebook of a pushed bundle is queued, running, complete or failed.

    Example: tools kernel status bundle
    """
    from tools.usecases.submission.kernels import status

    return status(bundle)


@command(kernel, "submit")
def submit_kernel(
    place: Workplace,
    bundle: Bundle,
    wait: Wait = False,
    message: Message = "",
    yes: Yes = False,
) -> Result:
    """Submit the output of the pushed notebook once and record it; asks for confirmation.

    Example: tools kernel submit bundle --wait
    """
    from tools.usecases.submission.kernels import submit

    require_answer(yes, "submit it")
    return submit(place, bundle, wait=wait, message=message, yes=yes)
