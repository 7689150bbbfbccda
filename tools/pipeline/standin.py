"""A local stand-in for Kaggle that scores with a truth file, for rehearsals and the demo."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import contest
from tools.pipeline.workplace import Workplace

if TYPE_CHECKING:
    from kagglegate import standin


def serve(place: Workplace, truth: Path, port: int) -> dict[str, Any]:
    """Serve until the program is interrupted; return what was submitted."""
    from kagglegate import standin

    with standin.Server(site(place, truth), port) as server:
        place.say(
            f"stand-in for {place.spec.slug} at {server.url}; a client goes there with "
            f"KAGGLE_API_ENVIRONMENT=LOCALHOST HTTP_PROXY={server.url} "
            f"KAGGLE_API_TOKEN={server.token}; stop it with Ctrl-C"
        )
        try:
            server.wait()
        except KeyboardInterrupt:
            server.site.settle()
        return {"url": server.url, "submissions": [_row(one) for one in server.site.posted]}


def site(place: Workplace, truth: Path) -> "standin.Site":
    """Return the competition as a stand-in serves it, scored with its own metric.

    The raw data, where the user named some, can be downloaded from it.

    Raises:
        contest.AnnotationError: the truth file is faulty.
    """
    from kagglegate import standin

    contest.read_annotations(truth, place.spec)

    def metric(submission: Path, part: Path) -> float:
        return contest.score(place.spec, submission, part).score

    data = place.paths.given_data
    score = standin.judge(truth, metric)
    return standin.Site(place.spec.slug, data=data, score=score, title=place.spec.title)


def _row(one: "standin.Posted") -> dict[str, Any]:
    public, private = one.scores or (None, None)
    return {
        "ref": one.ref,
        "description": one.description,
        "status": one.status.lower(),
        "public_score": public,
        "private_score": private,
        "error": one.error,
    }
