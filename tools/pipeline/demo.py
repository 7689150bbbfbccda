"""`tools demo`: the whole road on synthetic radiographs, ending on a local leaderboard."""

import shutil
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from tools.paths import Paths
from tools.pipeline import blending, data, delivery, picture, standin, training
from tools.pipeline.reports import writing
from tools.pipeline.workplace import Workplace

EXPERIMENTS = ("lightgbm", "unet_tiny")
BLEND = "demo"
SEED = 0
N_SPLITS = 3
"""Fewer folds than a competition deserves, so that a new user waits less."""


def demo(place: Workplace, images: int) -> dict[str, Any]:
    """Make data, cross-validate both kinds of learner, blend, submit to a stand-in, draw, report.

    Everything lies in a home of its own, so real runs and the real ledger are left alone. A
    repeated call goes on where an interrupted one stopped.
    """
    started = time.monotonic()
    place = _own_place(place, images)
    root = place.paths.home / f"data-{images}"
    if not root.exists():
        place.say(f"drawing {images} training and {images // 3} test radiographs in {root}")
        data.synth(place, root, images, images // 3, SEED)
    runs = []
    for experiment in EXPERIMENTS:
        place.say(f"cross-validating {experiment}")
        result = training.cv(place, experiment, n_splits=N_SPLITS)
        place.say(f"  AUC {result['auc']:.3f}, honest score {result['score']:.4f}")
        runs.append(result)
    place.say("blending")
    blended = blending.blend(place, [result["run"] for result in runs], BLEND)
    place.say("submitting to the stand-in")
    sent = _submit(place, root / "test-truth.csv")
    sheet = picture.sheet(place, blended, place.paths.home / "predictions.png")
    place.say("writing the report")
    report = writing.report(place, BLEND)
    return {
        "runs": [{key: result[key] for key in ("run", "auc", "score")} for result in runs],
        "score_empty": blended["score_empty"],
        "score_in_sample": blended["score_in_sample"],
        "score_honest": blended["score_honest"],
        "interval": blended["interval"],
        "public_score": sent["public_score"],
        "private_score": sent["private_score"],
        "submission": sent["path"],
        "picture": str(sheet),
        "report": report["path"],
        "seconds": round(time.monotonic() - started, 1),
    }


def _own_place(place: Workplace, images: int) -> Workplace:
    home = place.paths.home / "demo"
    paths = Paths(home, home / f"data-{images}", home / "submissions")
    return replace(place, paths=paths)


def _submit(place: Workplace, truth: Path) -> dict[str, Any]:
    """Submit to a stand-in that lives for this call; what it forgets, the ledger forgets too."""
    from kagglegate import standin as server_package

    shutil.rmtree(place.paths.submissions, ignore_errors=True)
    with (
        server_package.Server(standin.site(place, truth)) as server,
        server_package.connect(server) as client,
    ):
        return delivery.submit(place, BLEND, wait=True, yes=True, client=client)
