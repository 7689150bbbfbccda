from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import contest
import rlemask

Csv = Callable[[str | bytes], Path]


def frame(rows: list[tuple[str, str]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["image_id", "rle"])


def random_masks(rng: np.random.Generator, n: int) -> np.ndarray:
    """Return bool `(n, 8, 10)`, some of them empty and some full."""
    return rng.random((n, 8, 10)) < rng.choice([0, 0.1, 0.5, 1], (n, 1, 1))


@settings(
    deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 9999), n=st.integers(1, 8))
def test_it_equals_dice_on_drawn_masks(spec: contest.Spec, seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    first, second, ours = (random_masks(rng, n) for _ in range(3))
    ids = [f"i{k}" for k in range(n)]
    rows = [
        (i, rlemask.encode(m)) for masks in (first, second) for i, m in zip(ids, masks, strict=True)
    ]
    given_rows = [(i, rlemask.encode(m)) for i, m in zip(ids, ours, strict=True)]
    result = contest.score(spec, frame(given_rows[::-1]), frame(rows))
    union = first | second
    total = union.sum((1, 2)) + ours.sum((1, 2))
    expected = np.where(total, 2 * (union & ours).sum((1, 2)) / np.maximum(total, 1), 1.0)
    assert result.per_image[ids].to_numpy() == pytest.approx(expected)
    assert result.score == pytest.approx(expected.mean())
    assert 0 <= result.score <= 1
    positive = union.any((1, 2))
    assert (result.images, result.positives) == (n, positive.sum())
    for value, part in ((result.positive_score, positive), (result.negative_accuracy, ~positive)):
        assert value == (pytest.approx(expected[part].mean()) if part.any() else None)


def test_the_truth_scores_one_and_nothing_the_share_of_negatives(spec: contest.Spec) -> None:
    truth = frame([("a", "-1"), ("b", "0 4"), ("b", "2 4"), ("c", "-1")])
    perfect = frame([("a", "-1"), ("b", "0 6"), ("c", "-1")])
    assert contest.score(spec, perfect, truth).score == 1
    empty = contest.score(spec, perfect.assign(rle="-1"), truth)
    assert (empty.score, empty.positive_score, empty.negative_accuracy) == (2 / 3, 0, 1)


def test_paths_and_tables_mix(csv: Csv, spec: contest.Spec) -> None:
    path = csv("ImageId, EncodedPixels\na,-1\nb,0 4\n")
    rows = frame([("a", "-1"), ("b", "0 4")])
    assert contest.score(spec, path, path) == contest.score(spec, rows, path)
    assert contest.score(spec, path, rows).score == 1


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("a", "-1")], "image b is missing"),
        ([("a", "-1"), ("b", "-1"), ("c", "-1")], "image c is not in the sample"),
        ([("a", "-1"), ("b", "-1"), ("b", "-1")], "image b is listed more than once"),
        ([("a", "-1"), ("b", "1")], "image b, token 1"),
    ],
)
def test_a_submission_that_does_not_fit_is_refused(
    rows: list[tuple[str, str]], message: str, spec: contest.Spec
) -> None:
    truth = frame([("a", "-1"), ("b", "0 4")])
    with pytest.raises(contest.SubmissionError, match=message) as caught:
        contest.score(spec, frame(rows), truth)
    assert isinstance(caught.value, ValueError)


def test_a_truth_that_is_none_is_refused(spec: contest.Spec) -> None:
    with pytest.raises(contest.AnnotationError, match="no column image_id; no column rle"):
        contest.score(spec, frame([]), pd.DataFrame({"x": [1]}))
    with pytest.raises(contest.AnnotationError, match="it lists no image"):
        contest.score(spec, frame([]), frame([]))


def test_an_empty_file_over_the_real_annotations_scores_the_share_of_negatives(
    siim_data: Path, tmp_path: Path
) -> None:
    spec = contest.load("siim_acr_pneumothorax")
    truth = siim_data / "train-rle.csv"
    ids = list(contest.read_annotations(truth, spec)["image_id"].unique())
    path = tmp_path / "empty.csv"
    contest.write_submission(pd.Series("-1", index=ids), ids, spec, path)
    result = contest.score(spec, path, truth)
    assert (result.score, result.images, result.positives) == (pytest.approx(0.779), 1000, 221)
