"""`tools predict`: the test predictions of a run."""

from dataclasses import dataclass

import pandas as pd

import crossval
import jobs
from tools.usecases.context.source import Source, experiment_of
from tools.usecases.context.workplace import Workplace


class OtherImages(jobs.UserError):
    """The masks of the run are of other test images."""


@dataclass(frozen=True)
class Prediction:
    """The predicted test images of a run; `mean_p` is their mean probability to be positive."""

    run: str
    images: int
    mean_p: float


def predict(place: Workplace, name: str) -> Prediction:
    """Predict the test images with the average of a run's fold models."""
    run = place.open_run(name)
    test = predictions(place, run)
    return Prediction(run.name, len(test), float(test["p"].mean()))


def predictions(place: Workplace, run: crossval.Run) -> pd.DataFrame:
    """Return the run's table of the test images; predicts them if there is none.

    Raises:
        OtherImages: the run was made by `tools votes` for other test images.
    """
    digests = place.dataset.test["digest"]
    experiment = experiment_of(place, run)
    with jobs.lock(run.path):
        test = run.test(crossval.test_key(digests))
        if test is not None:
            return test
        if experiment is None:
            raise OtherImages(
                f"{run.name} has masks of other test images: repeat `tools votes` for these"
            )
        place.say(f"run {run.name} predicts {len(digests)} test images")
        learner = experiment.learner(Source(place, "test"))
        return crossval.predict_test(run, learner, digests, report=place.report)
