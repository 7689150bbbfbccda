"""A metric is checked when it is loaded: all that is wrong with it in one line."""

import dataclasses
import sys
from collections.abc import Callable, Iterator
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

import contest
from tests import metrics

Metric = Callable[[np.ndarray], np.ndarray]


@pytest.fixture
def load(spec: contest.Spec, request: pytest.FixtureRequest) -> Iterator[Callable]:
    """Load a function as the metric of the competition."""
    name = f"invented_metric_{abs(hash(request.node.name))}"
    module = sys.modules[name] = ModuleType(name)

    def loaded(function: Metric) -> Metric:
        number = len(vars(module))
        setattr(module, f"f{number}", function)
        return contest.metric_of(dataclasses.replace(spec, metric=f"{name}:f{number}"))

    yield loaded
    del sys.modules[name]


@pytest.mark.parametrize("name", metrics.METRICS)
def test_metrics_of_competitions_are_accepted(load: Callable, name: str) -> None:
    assert load(metrics.METRICS[name]) is metrics.METRICS[name]


def test_steps_at_halves_and_thirds_are_accepted(load: Callable) -> None:
    load(metrics.stairs([1 / 3, 1 / 2, 2 / 3, 1.0]))
    load(lambda iou: iou == 1)


def test_the_metric_of_the_competition_is_found(spec: contest.Spec) -> None:
    metric = contest.metric_of(spec)
    assert metric(np.array([0, 1 / 3, 1])) == pytest.approx([0, 0.5, 1])
    assert contest.metric_of(spec) is metric


def _raises(_: np.ndarray) -> np.ndarray:
    raise RuntimeError("no\nsuch thing")


FAULTS: dict[str, tuple[Metric, str]] = {
    "falls": (
        lambda u: np.where(u > 0.5, u - 0.25 * (u < 1), u),
        "it falls after an IoU of 0.5: it must not decrease",
    ),
    "falls by a hair": (
        lambda u: np.where((u > 0.5) & (u < 0.6), 0.5 - 1e-12, u),
        "it falls after an IoU of 0.5: it must not decrease",
    ),
    "not 1 at 1": (lambda u: u / 2, "an IoU of 1 scores 0.5, it must be 1"),
    "more than 1": (lambda u: 2 * u, "an IoU of 1 scores 2, it must be 1"),
    "not 0 at 0": (lambda u: (1 + u) / 2, "an IoU of 0 scores 0.5, it must be 0"),
    "NaN at 0": (lambda u: u * (u / u), "it returns NaN for an IoU of 0"),
    "NaN inside": (lambda u: np.where(u == 0.25, np.nan, u), "it returns NaN for an IoU of 0.25"),
    "a mean": (
        lambda u: u.mean(),
        r"it returns shape \(\) for \(720721,\): it must be element-wise",
    ),
    "a column": (
        lambda u: u[:, None],
        r"it returns shape \(720721, 1\) for \(720721,\): it must be element-wise",
    ),
    "raises": (_raises, r"it raises RuntimeError \(no such thing\)"),
    "takes more": (lambda truth, prediction: truth, "it raises TypeError"),
    "takes one number": (lambda u: 1.0 if u > 0.5 else 0.0, "it raises ValueError"),
    "gives a text": (lambda u: "good", r"it raises ValueError \(could not convert"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_no_metric_is_refused_in_one_line(load: Callable, fault: str) -> None:
    function, message = FAULTS[fault]
    with pytest.raises(contest.SpecError, match=message) as caught:
        load(function)
    assert len(caught.value.faults) == 1
    text = str(caught.value)
    assert text.startswith("metric 'invented_metric_")
    assert text.endswith(": correct the function")
    assert "\n" not in text


def test_all_faults_of_a_metric_come_together(load: Callable) -> None:
    with pytest.raises(contest.SpecError) as caught:
        load(lambda u: 0.75 - u / 2)
    assert caught.value.faults == [
        "an IoU of 0 scores 0.75, it must be 0",
        "an IoU of 1 scores 0.25, it must be 1",
        "it falls after an IoU of 0: it must not decrease",
    ]


def test_a_function_that_changes_what_it_is_given_is_judged_all_the_same(load: Callable) -> None:
    def halves(iou: np.ndarray) -> np.ndarray:
        iou *= 0.5
        return iou

    with pytest.raises(contest.SpecError, match=r"an IoU of 1 scores 0\.5"):
        load(halves)


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("no_such.module:f", "there is no module no_such"),
        ("competitions.siim_acr_pneumothorax.metric:score", "has no function 'score'"),
    ],
)
def test_an_unknown_metric_is_named(spec: contest.Spec, reference: str, message: str) -> None:
    with pytest.raises(contest.SpecError, match=message) as caught:
        contest.metric_of(dataclasses.replace(spec, metric=reference))
    assert "\n" not in str(caught.value)


def test_a_competition_with_a_faulty_metric_does_not_load(
    load: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = contest.module_of("competitions.siim_acr_pneumothorax.metric")
    monkeypatch.setattr(module, "halved", lambda iou: iou / 2, raising=False)
    whole = contest.spec.load.parse
    monkeypatch.setattr(
        "contest.spec.load.parse",
        lambda data, name: dataclasses.replace(
            whole(data, name), metric="competitions.siim_acr_pneumothorax.metric:halved"
        ),
    )
    with pytest.raises(contest.SpecError, match=r"an IoU of 1 scores 0\.5"):
        contest.load("siim_acr_pneumothorax")


def test_the_score_is_by_the_metric_of_the_competition(load: Callable, spec: contest.Spec) -> None:
    load(metrics.tgs)
    [name] = [name for name in sys.modules if name.startswith("invented_metric_")]
    other = dataclasses.replace(spec, metric=f"{name}:{list(vars(sys.modules[name]))[-1]}")
    truth = pd.DataFrame({"image_id": ["a", "b"], "rle": ["0 10", "-1"]})
    ours = truth.assign(rle=["0 7", "-1"])  # seven pixels of ten: above 0.50 ... 0.65
    assert contest.score(spec, ours, truth).per_image.tolist() == pytest.approx([14 / 17, 1])
    result = contest.score(other, ours, truth)
    assert result.per_image.tolist() == pytest.approx([0.4, 1])
    assert (result.positive_score, result.negative_accuracy) == (pytest.approx(0.4), 1)
