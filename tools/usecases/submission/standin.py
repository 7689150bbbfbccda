"""A local stand-in for Kaggle that scores with a truth file, for tests and the demo."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import contest
import jobs
from kagglegate import standin
from tools.usecases.context.workplace import Workplace


class BadFault(jobs.UserError):
    """A fault that the stand-in cannot produce."""


@dataclass(frozen=True)
class Received:
    """A submission that the stand-in received."""

    ref: int
    description: str
    status: str
    public_score: float | None
    private_score: float | None
    error: str | None


@dataclass(frozen=True)
class Served:
    """The address of the stand-in that has ended, and the submissions that it received."""

    url: str
    submissions: Sequence[Received]


def serve(
    place: Workplace, truth: Path, port: int, *, faults: Sequence[str] = (), **how: Any
) -> Served:
    """Serve until the program is interrupted; return what was submitted.

    Args:
        faults: to produce, as texts, see `standin.Fault.parse`.
        how: see `site`.
    """
    served = site(place, truth, **how)
    try:
        served.faults += [standin.Fault.parse(text) for text in faults]
    except ValueError as error:
        raise BadFault(str(error)) from None
    with standin.Server(served, port) as server:
        try:
            place.announce(
                f"stand-in for {served.slug} at {server.url}; a client connects to it with "
                f"KAGGLE_API_ENVIRONMENT=LOCALHOST HTTP_PROXY={server.url} "
                f"KAGGLE_API_TOKEN={server.token}; stop it with Ctrl-C"
            )
            server.wait()
        except KeyboardInterrupt:
            server.site.settle()
        return Served(server.url, [_received(one) for one in server.site.posted])


def site(
    place: Workplace,
    truth: Path,
    *,
    daily_limit: int | None = None,
    delay: float = 0.0,
    public_share: float = 0.3,
) -> standin.Site:
    """Return the stand-in's site of the competition, scored with the competition's metric.

    Raw data given by the user can be downloaded from it. See `standin.Site` and
    `standin.scorer` for the arguments; the daily limit is the competition's by default.

    Raises:
        contest.AnnotationError: the truth file is faulty.
    """
    place = place.of_table(truth)
    contest.read_annotations(truth, place.spec)

    def metric(submission: Path, part: Path) -> float:
        return contest.score(place.spec, submission, part).score

    data = place.paths.given_data
    return standin.Site(
        place.spec.slug,
        data=data,
        score=standin.scorer(truth, metric, public_share=public_share),
        title=place.spec.title,
        daily_limit=place.spec.daily_limit if daily_limit is None else daily_limit,
        delay=delay,
    )


def _received(one: standin.Posted) -> Received:
    public, private = one.scores or (None, None)
    return Received(one.ref, one.description, one.status.lower(), public, private, one.error)
