"""`tools demo`: the complete workflow on synthetic images, with a local leaderboard."""

import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import contest
import jobs
from kagglegate import standin as server_package
from tools.paths import Paths
from tools.usecases.context.source import load_experiment
from tools.usecases.context.workplace import Workplace
from tools.usecases.ensemble import blend_picture, blending
from tools.usecases.look.report import report
from tools.usecases.prepare import data
from tools.usecases.submission import standin, submit
from tools.usecases.train.cv import cross_validate

BLEND = "demo"
SEED = 0
N_SPLITS = 3
"""Fewer folds than by default, to save time."""


class NoDemo(jobs.UserError):
    """The competition has no experiments for the demo."""


@dataclass(frozen=True)
class DemoRun:
    """A run of the demo with its AUC and honest score."""

    run: str
    auc: float
    score: float


@dataclass(frozen=True)
class Demo:
    """Scores of the blend and of its submission, and the files that were written."""

    runs: Sequence[DemoRun]
    score_empty: float
    score_in_sample: float
    score_honest: float
    interval: tuple[float, float]
    public_score: float | None
    private_score: float | None
    submission: Path
    picture: Path
    report: Path
    seconds: float


def demo(place: Workplace, images: int) -> Demo:
    """Make data, cross-validate both kinds of learner, blend, submit to a stand-in, draw, report.

    All output is in a separate home, so real runs and the real ledger do not change. An
    interrupted demo is resumed by the next call. Experiments whose libraries are not installed are
    left out with a message.

    Raises:
        NoDemo: the competition has no experiments for the demo.
        jobs.NotInstalled: the libraries of all its experiments are missing.
        contest.NotOffered: it has no synthetic data.
    """
    started = time.monotonic()
    place = _own_place(place, images)
    experiments = _installed(place)
    root = place.paths.home / f"data-{images}"
    if not root.exists():
        place.say(f"drawing {images} training and {images // 3} test images in {root}")
        data.synth(place, root, images, images // 3, SEED)
    runs = []
    for experiment in experiments:
        place.say(f"cross-validating {experiment}")
        result = cross_validate(place, experiment, n_splits=N_SPLITS)
        run = DemoRun(result.run, result.metrics["auc"], result.metrics["score"])
        place.say(f"  AUC {run.auc:.3f}, honest score {run.score:.4f}")
        runs.append(run)
    place.say("blending")
    blended = blending.blend(place, [run.run for run in runs], BLEND).blend
    place.say("submitting to the stand-in")
    submission = _submit(place, root / "test-truth.csv")
    sheet = place.paths.home / "predictions.png"
    blend_picture.sheet(place, blending.oof_masks(place, blended), sheet)
    place.say("writing the report")
    written = report(place, BLEND)
    return Demo(
        runs=runs,
        score_empty=blended.score_empty,
        score_in_sample=blended.score_in_sample,
        score_honest=blended.score_honest,
        interval=blended.interval,
        public_score=submission.public_score,
        private_score=submission.private_score,
        submission=submission.path,
        picture=sheet,
        report=written.path,
        seconds=round(time.monotonic() - started, 1),
    )


def _own_place(place: Workplace, images: int) -> Workplace:
    name = place.competition or _only()
    spec = contest.load(name)
    if not spec.demo:
        raise NoDemo(f"{name} has no demo: list experiments in plugins.demo of its toml file")
    home = place.paths.home / "demo" / name
    paths = Paths(home, home / f"data-{images}", home / "submissions")
    return replace(place, paths=paths, competition=name)


def _installed(place: Workplace) -> list[str]:
    """Return the experiments of the demo whose libraries are installed; report the others."""
    installed, refusals = [], []
    for name in place.spec.demo:
        try:
            load_experiment(place, name).check_installed()
            installed.append(name)
        except jobs.NotInstalled as error:
            refusals.append(error)
            place.announce(f"{name} is left out: {error}")
    if not installed:
        raise refusals[0]
    return installed


def _only() -> str:
    """Return the only competition that has a demo.

    Raises:
        contest.UnknownCompetition: there is none, or several.
    """
    names = [name for name in contest.names() if contest.load(name).demo]
    if len(names) != 1:
        listed = ", ".join(names) or "none has a demo"
        raise contest.UnknownCompetition(f"choose a competition with --competition: {listed}")
    return names[0]


def _submit(place: Workplace, truth: Path) -> submit.Submission:
    """Submit to a stand-in that runs during this call; the former ledger is deleted with it."""
    shutil.rmtree(place.paths.submissions, ignore_errors=True)
    with (
        server_package.Server(standin.site(place, truth)) as server,
        server_package.connect(server) as client,
    ):
        return submit.submit(place, BLEND, wait=True, yes=True, client=client)
