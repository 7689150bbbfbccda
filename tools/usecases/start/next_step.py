"""`tools` without a command: what is there, and the next sensible step."""

from dataclasses import dataclass

import contest
import crossval
import reporting
from tools.usecases.context.workplace import NoData, Workplace
from tools.usecases.submission.submissions import submissions


@dataclass(frozen=True)
class NextStep:
    """What is there for a competition, and the command that makes sense now.

    Attributes:
        competition: its name; None if it is not known which.
        data: the raw data; None if there are none.
        runs: complete runs.
        unfinished: names of unfinished runs.
        blends: names of the blends.
        submissions: number of submissions.
        next: the next step, a sentence with a command.
    """

    competition: str | None
    data: str | None
    runs: list[str]
    unfinished: list[str]
    blends: list[str]
    submissions: int
    next: str


def next_step(place: Workplace) -> NextStep:
    """Return the state of the home and the next step."""
    try:
        name = place.spec.name
    except contest.UnknownCompetition as error:
        return NextStep(None, None, [], [], [], 0, str(error))
    try:
        data, missing = str(place.data), ""
    except NoData as error:
        data, missing = None, str(error)
    runs = place.runs
    done = {run.name for run in runs}
    every = crossval.all_runs(place.paths.runs, name)
    unfinished = [run for run in every if run.name not in done]
    ledger = submissions(place)
    return NextStep(
        competition=name,
        data=data,
        runs=[run.name for run in runs],
        unfinished=[run.name for run in unfinished],
        blends=place.blends.names(),
        submissions=len(ledger.submissions),
        next=missing or _step(place, unfinished, ledger),
    )


def _step(place: Workplace, unfinished: list[crossval.Run], ledger: reporting.Leaderboard) -> str:
    """Return the next step where there are data."""
    if unfinished:
        again = reporting.repeat_run(place.spec, unfinished[0])
        return f"{unfinished[0].name} has not finished; resume it: `{again}`"
    if not place.runs:
        known = contest.experiment_names(place.spec.experiments)
        first = next((one for one in place.spec.demo if one in known), known[0])
        return f"no runs yet: `tools cv {first}`; `tools experiments` shows what there is"
    if not place.blends.names():
        return (
            "runs without a blend: `tools blend --name first` fits one and gives its honest score"
        )
    if not ledger.submissions:
        return "a blend without a submission: `tools submit --blend best --dry-run`"
    if any(row["status"] in ("pending", "submitted") for row in ledger.submissions):
        return "submissions wait for their score: `tools submissions poll`"
    return "compare runs and blends: `tools runs`, `tools report best`"
