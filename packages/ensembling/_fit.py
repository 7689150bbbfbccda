"""Fit of a blend to out-of-fold predictions, with its honest score."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

import jobs
import rlemask
from ensembling._blend import Blend
from ensembling._metric import Metric
from ensembling.evaluation.bootstrap import bootstrap_interval
from ensembling.evaluation.curves import curves
from ensembling.evaluation.nested_cv import EMPTY, NestedCV, Outcome
from ensembling.maps.level_counts import gather
from ensembling.maps.member import Member, Weights, check_members, check_truth, check_weights
from ensembling.maps.reading import ReadOptions
from ensembling.rules.postprocess import OPTIONS
from ensembling.selection.postprocess_search import PostprocessSearch
from ensembling.selection.weight_search import FittedWeights, search_weights, stratified

NO_MAPS = "no run has probability maps, so every image is predicted empty"
LEVEL = 0.95


def fit(
    members: Sequence[Member],
    truth: Mapping[str, rlemask.Runs],
    folds: pd.Series,
    groups: pd.Series | None = None,
    *,
    metric: Metric,
    weights: Mapping[str, float] | None = None,
    seed: int = 0,
    resamples: int = 2000,
    workers: int | None = None,
    report: jobs.Report = jobs.silent,
) -> tuple[Blend, pd.DataFrame]:
    """Fit thresholds to out-of-fold predictions and score them by nested cross-validation.

    Five rules are compared: no mask for any image, a gate on the blended probability with one
    threshold, the triplet, the triplet with such a gate, and a model of the expected gain of a
    mask; all with equal weights, the best also with fitted weights. Masks may then be
    post-processed, for instance by filling holes.

    The honest score is that of nested cross-validation: everything that depends on the truth
    (weights, calibration, gate, triplet, models, choice, post-processing) is fitted without each
    fold and scored on it. The gain of a rule fitted on all images over these rules is added
    (`NestedCV.correction`). Two effects remain: the models of the other folds were trained on the
    images of the fold, and thresholds are fitted to maps of single models, while test maps are the
    smoother mean over the models of all folds.

    Args:
        members: out-of-fold predictions, one per run.
        truth: mask of every image, all of one shape.
        folds: image id -> fold, the images to fit on.
        groups: image id -> group; None for an interval over single images.
        weights: by run, 0 or more, fixed; None for equal or, if better, fitted weights. They are
            scaled to sum 1, for the maps over the runs with maps and for the gate over all runs.
        seed: of the bootstrap.
        resamples: of the bootstrap.
        workers: threads that read maps; None for one per core.
        report: called after every map and every fit of a rule.

    Returns:
        The blend, and the out-of-fold results: a table indexed by image id, columns fold, score
        (the metric) and predicted (whether the image gets a mask).

    Raises:
        InputError: all faults of the members, the truth, the folds and the maps.
        ValueError: invalid weights.
    """
    check_truth(truth, folds, groups)
    check_members(members, list(folds.index))
    how = ReadOptions(truth[folds.index[0]].shape, workers, report)
    shares = share_weights(members, weights)
    found = FittedWeights({}, {}, ())
    if weights is None and len(members) > 1:
        equal = tuple(shares[0].values())
        found = search_weights(members, equal, truth, folds, metric, how, seed=seed)
    cv = _nested_cv(members, truth, folds, groups, metric, how, shares, found)
    cv.fit_all(workers, report)
    search = PostprocessSearch(members, truth, list(folds.index), metric, how)
    honest, options = search.held_out(cv, cv.held_out(None))
    score = honest.score + cv.correction()
    blend = Blend(
        **_final(cv, search, found.path),
        **_figures(cv, honest),
        score_honest=float(score.mean()),
        score_stratified=_stratified_score(cv, search, found, how, seed),
        correction=float(cv.correction().mean()),
        interval=_interval(cv, score, resamples, seed),
        by_fold=_by_fold(cv, honest, options, sorted(folds.unique().tolist())),
    )
    columns = {"fold": folds.to_numpy(), "score": honest.score, "predicted": honest.predicted}
    return blend, pd.DataFrame(columns, index=pd.Index(folds.index, name="image_id"))


def _nested_cv(
    members: Sequence[Member],
    truth: Mapping[str, rlemask.Runs],
    folds: pd.Series,
    groups: pd.Series | None,
    metric: Metric,
    how: ReadOptions,
    shares: tuple[Mapping[str, float], Mapping[str, float]],
    found: FittedWeights,
) -> NestedCV:
    """Read all maps once; `shares` are the initial weights of maps and probabilities."""
    equal, gate = (tuple(share.values()) for share in shares)
    weightings = list(dict.fromkeys([equal, *found.all()]))
    counts = gather(members, weightings, truth, folds, groups, metric, how)
    return NestedCV(
        dict(zip(weightings, counts, strict=True)),
        [member.name for member in members],
        equal=equal,
        gate=gate,
        pixels=how.shape[0] * how.shape[1],
        weighting=found.grouped or None,
    )


def _interval(cv: NestedCV, score: np.ndarray, resamples: int, seed: int) -> tuple[float, float]:
    return bootstrap_interval(
        score,
        cv.counts.group,
        level=LEVEL,
        resamples=resamples,
        seed=seed,
        fit_error=cv.fit_error(),
    )


def _stratified_score(
    cv: NestedCV, search: PostprocessSearch, found: FittedWeights, how: ReadOptions, seed: int
) -> float:
    """Return the honest score with stratified folds that may split groups."""
    folds = stratified(cv.counts.fold, cv.counts.positive, seed)
    other = cv.in_folds(folds, found.stratified or None)
    other.fit_all(how.workers, how.report)
    outcome, _ = search.held_out(other, other.held_out(None))
    return float((outcome.score + other.correction()).mean())


def share_weights(
    members: Sequence[Member], weights: Mapping[str, float] | None
) -> tuple[dict[str, float], dict[str, float]]:
    """Return the weights of the probability maps and of the probabilities, each with sum 1."""
    if weights is not None:
        check_weights(weights, members)
    given = {m.name: 1.0 if weights is None else float(weights[m.name]) for m in members}
    mapped = {m.name: given[m.name] if m.maps is not None else 0.0 for m in members}
    return _scaled(mapped), _scaled(given)


def _scaled(weights: Mapping[str, float]) -> dict[str, float]:
    total = sum(weights.values())
    return {name: weight / total if total else 0.0 for name, weight in weights.items()}


def _final(
    cv: NestedCV, search: PostprocessSearch, path: Sequence[tuple[Weights, float]]
) -> dict[str, Any]:
    """The rule fitted on all images, and the scores by which it was chosen."""
    mapped = any(cv.equal)
    choice = cv.choose()
    fitted = cv.fit(choice)
    everything = np.arange(len(cv.counts.fold))
    option = search.choose(cv, fitted)
    gained = search.gains(cv, fitted, everything)[:, list(OPTIONS).index(option)]
    scores = {str(one): float(cv.held_out(one).score.mean()) for one in cv.choices()}
    in_sample = {
        str(one): float(cv.outcome(cv.fit(one), everything).score.mean()) for one in cv.choices()
    }
    return {
        "rule": choice.rule if mapped else EMPTY,
        "weights": dict(zip(cv.names, fitted.weights, strict=True)),
        "thresholds": fitted.thresholds,
        "gate_weights": dict(fitted.gate_weights),
        "calibration": dict(fitted.calibration),
        "expected": fitted.expected,
        "candidates": scores if mapped else {},
        "candidates_in_sample": in_sample if mapped else {},
        "curves": curves(cv, fitted),
        "weights_path": tuple(
            {"weights": dict(zip(cv.names, weights, strict=True)), "score": score}
            for weights, score in path
        ),
        "postprocess": option,
        "score_in_sample": float((cv.outcome(fitted, everything).score + gained).mean()),
        "notes": () if mapped else (NO_MAPS,),
    }


def _figures(cv: NestedCV, honest: Outcome) -> dict[str, Any]:
    positive = cv.counts.positive
    return {
        "score_empty": float(cv.counts.empty.mean()),
        "negative_accuracy": _mean(honest.score[~positive]),
        "positive_score": _mean(honest.score[positive]),
        "positive_share": float(honest.predicted.mean()),
        "images": len(positive),
        "positives": int(positive.sum()),
    }


def _mean(values: np.ndarray) -> float | None:
    return float(values.mean()) if len(values) else None


def _by_fold(
    cv: NestedCV,
    honest: Outcome,
    options: Sequence[str],
    names: Sequence[int],
) -> tuple[dict[str, Any], ...]:
    rows, mapped = [], any(cv.equal)
    for fold, name, option in zip(cv.folds, names, options, strict=True):
        others = frozenset({fold})
        inside = cv.counts.fold == fold
        choice = cv.choose(others)
        fitted = cv.fit(choice, others)
        rows.append(
            {
                "fold": int(name),
                "images": int(inside.sum()),
                "score": float(honest.score[inside].mean()),
                "rule": choice.rule if mapped else EMPTY,
                "weights": dict(zip(cv.names, fitted.weights, strict=True)),
                "thresholds": asdict(fitted.thresholds),
                "postprocess": option,
            }
        )
    return tuple(rows)
