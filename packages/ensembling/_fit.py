"""From out-of-fold predictions to a fitted and honestly judged blend."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pandas as pd

import jobs
from ensembling._blend import Blend
from ensembling._evidence import Evidence, gather
from ensembling._member import Member, check_members, check_truth, check_weights
from ensembling._select import EMPTY, GATED, Judge, Verdict, bootstrap_interval

NO_MAPS = "no run has soft maps, so every image is predicted empty"
LEVEL = 0.95


def fit(
    members: Sequence[Member],
    truth: Mapping[str, Sequence[str]],
    folds: pd.Series,
    groups: pd.Series | None = None,
    *,
    shape: tuple[int, int] = (1024, 1024),
    dialect: str = "siim",
    weights: Mapping[str, float] | None = None,
    seed: int = 0,
    resamples: int = 2000,
    workers: int | None = None,
    report: jobs.Report = jobs.silent,
) -> tuple[Blend, pd.DataFrame]:
    """Fit thresholds to out-of-fold predictions and judge them honestly.

    Three rules compete: no mask at all, the triplet, and the triplet with a gate on the blended
    probability. The honest score repeats everything that looks at the truth (calibration, gate,
    triplet, choice among the rules) inside each outer fold, without its images, and judges it on
    them. What it cannot undo: the runs' models of the other folds were trained on the fold's
    images. And the thresholds are fitted to the maps of single models, while test maps are the
    mean over the models of all folds, which is smoother.

    Args:
        members: out-of-fold predictions, one per run.
        truth: RLE texts of every image; several are united.
        folds: image id -> fold, the images to fit on.
        groups: image id -> patient; None draws images one by one for the interval.
        shape: `(h, w)` of the submission's masks.
        dialect: of the RLE texts.
        weights: by run, 0 or more; None weighs all runs alike. Scaled to add up to 1, over the
            runs with soft maps for the maps and over all runs for the gate.
        seed: of the bootstrap.
        resamples: of the bootstrap.
        workers: threads that read maps; None takes one per core.
        report: told of every map read and every rule fitted.

    Returns:
        The blend, and what it does to each image when it is fitted without its fold: a table
        indexed by image id, columns fold, score (the metric) and predicted (it gets a mask).

    Raises:
        InputError: all faults of the members, the truth, the folds and the maps.
        ValueError: faulty weights.
    """
    check_truth(truth, folds, groups)
    check_members(members, list(folds.index))
    map_weights, gate_weights = share_weights(members, weights)
    evidence = gather(
        members,
        map_weights,
        truth,
        folds,
        groups,
        shape=shape,
        dialect=dialect,
        workers=workers,
        report=report,
    )
    judge = Judge(evidence, gate_weights, shape[0] * shape[1])
    mapped = any(map_weights.values())
    judge.fit_all(workers, report)
    honest = judge.left_out(None)
    shuffled = Judge(_stratified(evidence, seed), gate_weights, shape[0] * shape[1])
    shuffled.fit_all(workers, report)
    blend = Blend(
        weights=map_weights,
        **_final(judge, gate_weights, mapped),
        **_figures(evidence, honest),
        score_honest=float(honest.score.mean()),
        score_stratified=float(shuffled.left_out(None).score.mean()),
        interval=bootstrap_interval(
            honest.score, evidence.group, level=LEVEL, resamples=resamples, seed=seed
        ),
        by_fold=_by_fold(judge, honest, sorted(folds.unique().tolist()), mapped),
    )
    columns = {"fold": folds.to_numpy(), "score": honest.score, "predicted": honest.predicted}
    return blend, pd.DataFrame(columns, index=pd.Index(folds.index, name="image_id"))


def _stratified(evidence: Evidence, seed: int) -> Evidence:
    """Return the evidence with as many folds that balance labels and know no patients."""
    folds = np.unique(evidence.fold)
    rng, fold = np.random.default_rng(seed), np.empty(len(evidence.fold), np.int64)
    dealt = 0
    for kind in (True, False):
        rows = rng.permutation(np.flatnonzero(evidence.positive == kind))
        fold[rows] = folds[(dealt + np.arange(len(rows))) % len(folds)]
        dealt += len(rows)
    return replace(evidence, fold=fold)


def share_weights(
    members: Sequence[Member], weights: Mapping[str, float] | None
) -> tuple[dict[str, float], dict[str, float]]:
    """Return the weights of the soft maps and of the probabilities, each adding up to 1."""
    if weights is not None:
        check_weights(weights, members)
    given = {m.name: 1.0 if weights is None else float(weights[m.name]) for m in members}
    mapped = {m.name: given[m.name] if m.maps is not None else 0.0 for m in members}
    return _scaled(mapped), _scaled(given)


def _scaled(weights: Mapping[str, float]) -> dict[str, float]:
    total = sum(weights.values())
    return {name: weight / total if total else 0.0 for name, weight in weights.items()}


def _final(judge: Judge, gate_weights: Mapping[str, float], mapped: bool) -> dict[str, Any]:
    """The rule fitted on all images, and what its choice rests on."""
    rule = judge.choose()
    fitted = judge.fit(rule)
    everything = np.arange(len(judge.gain))
    scores = {one: float(judge.left_out(one).score.mean()) for one in judge.rules()}
    compared = scores if mapped else {}
    return {
        "rule": rule if mapped else EMPTY,
        "thresholds": fitted.thresholds,
        "gate_weights": dict(gate_weights) if rule == GATED else {},
        "calibration": dict(fitted.calibration),
        "candidates": compared,
        "score_in_sample": float(judge.verdict(fitted, everything).score.mean()),
        "notes": () if mapped else (NO_MAPS,),
    }


def _figures(evidence: Evidence, honest: Verdict) -> dict[str, Any]:
    positive = evidence.positive
    return {
        "score_empty": float(evidence.empty.mean()),
        "negative_accuracy": _mean(honest.score[~positive]),
        "positive_dice": _mean(honest.score[positive]),
        "positive_share": float(honest.predicted.mean()),
        "images": len(positive),
        "positives": int(positive.sum()),
    }


def _mean(values: np.ndarray) -> float | None:
    return float(values.mean()) if len(values) else None


def _by_fold(
    judge: Judge, honest: Verdict, names: Sequence[int], mapped: bool
) -> tuple[dict[str, Any], ...]:
    rows = []
    for fold, name in zip(judge.folds, names, strict=True):
        others = frozenset({fold})
        inside = judge.evidence.fold == fold
        rule = judge.choose(others)
        rows.append(
            {
                "fold": int(name),
                "images": int(inside.sum()),
                "score": float(honest.score[inside].mean()),
                "rule": rule if mapped else EMPTY,
                "thresholds": asdict(judge.fit(rule, others).thresholds),
            }
        )
    return tuple(rows)
