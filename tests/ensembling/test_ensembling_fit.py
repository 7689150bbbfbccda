import dataclasses
import json
import math

import numpy as np
import pandas as pd
import pytest

import ensembling
import rlemask
from ensembling.evaluation.nested_cv import TRIPLET, Choice, NestedCV
from ensembling.selection.weight_search import stratified
from tests.metrics import METRICS

SHAPE = (48, 48)


class Shuffled(dict):
    """Maps of the wrong images."""

    def __init__(self, maps: dict[str, np.ndarray]) -> None:
        super().__init__(
            zip(maps, [*list(maps.values())[7:], *list(maps.values())[:7]], strict=True)
        )

    def read(self, image_id: str) -> np.ndarray:
        return self[image_id]


@pytest.mark.parametrize("metric", METRICS)
def test_what_is_applied_scores_what_was_fitted(scene, metric: str) -> None:
    scene.metric = METRICS[metric]
    blend = scene.fit()
    scores = scene.scores(scene.apply(blend))
    assert scores.mean() == pytest.approx(blend.score_in_sample, abs=1e-12)
    assert blend.score_in_sample > blend.score_empty + 0.1


@pytest.mark.parametrize("metric", METRICS)
def test_the_table_of_the_images_is_the_honest_score(scene, metric: str) -> None:
    scene.metric = METRICS[metric]
    blend, images = scene.judged()
    assert list(images.index) == list(scene.folds.index)
    assert images["score"].mean() + blend.correction == pytest.approx(blend.score_honest)
    assert images["predicted"].mean() == pytest.approx(blend.positive_share)
    by_fold = images.groupby("fold")["score"].mean()
    assert [row["score"] for row in blend.by_fold] == pytest.approx(by_fold.tolist())


def test_maps_that_know_nothing_are_not_used(new_scene) -> None:
    for seed in range(4):
        scene = new_scene(60, seed=seed, noise=1.0)
        masks = list(scene.truth.values())
        scene.truth = dict(zip(scene.truth, [*masks[-7:], *masks[:-7]], strict=True))
        blend = scene.fit(resamples=2)
        if blend.rule == "empty":
            break
    else:
        pytest.fail("four scenes without any signal, and each got masks")
    assert blend.score_in_sample == blend.score_empty
    assert not any(mask.area for mask in scene.apply(blend).values())


def test_the_second_view_balances_labels_and_shares_patients(scene) -> None:
    positive = np.array([mask.area > 0 for mask in scene.truth.values()])
    before = pd.factorize(scene.folds, sort=True)[0]
    after = stratified(before, positive, seed=0)
    counts = np.array([np.bincount(after[positive == kind]) for kind in (True, False)])
    assert (counts.max(axis=1) - counts.min(axis=1) <= 1).all()
    assert np.ptp(counts.sum(axis=0)) <= 1
    groups = scene.groups.to_numpy()
    assert (pd.Series(after).groupby(groups).nunique() > 1).any()
    assert (pd.Series(before).groupby(groups).nunique() == 1).all()
    blend = scene.fit()
    assert 0 < abs(blend.score_stratified - blend.score_honest) < 0.1


@pytest.mark.parametrize("metric", METRICS)
def test_honest_figures_add_up(scene, metric: str) -> None:
    scene.metric = METRICS[metric]
    blend = scene.fit()
    share = blend.positives / blend.images
    assert (blend.images, blend.positives) == (60, 20)
    assert blend.score_empty == pytest.approx(1 - share)
    parts = share * blend.positive_score + (1 - share) * blend.negative_accuracy
    assert blend.score_honest == pytest.approx(parts + blend.correction)
    assert blend.interval[0] < blend.score_honest < blend.interval[1]
    assert blend.optimism == blend.score_in_sample - blend.score_honest
    weighted = sum(row["images"] * row["score"] for row in blend.by_fold) / blend.images
    assert weighted + blend.correction == pytest.approx(blend.score_honest)


@pytest.mark.parametrize("metric", METRICS)
def test_each_fold_is_judged_by_what_the_others_fit(scene, metric: str) -> None:
    """The thresholds of a fold do not change when its truth does."""
    scene.metric = METRICS[metric]
    before = scene.fit()
    for image_id in scene.folds.index[scene.folds == 2]:
        empty = rlemask.empty(SHAPE)
        scene.truth[image_id] = empty if scene.truth[image_id].area else ~empty
    after = scene.fit()
    assert before.score_honest != after.score_honest
    rows = zip(before.by_fold, after.by_fold, strict=True)
    same = {a["fold"]: a["thresholds"] == b["thresholds"] for a, b in rows}
    assert same[2]
    assert not all(same.values())


def test_a_fold_score_is_that_of_its_own_thresholds(new_scene) -> None:
    scene = new_scene(noise=0.5, p_noise=30.0)
    blend = scene.fit()
    row = next(row for row in blend.by_fold if row["rule"] == "triplet")
    scores = scene.scores(scene.apply(_triplet_of(row, blend)))
    assert scores[scene.folds == row["fold"]].mean() == pytest.approx(row["score"])


def _triplet_of(row: dict, blend: ensembling.Blend) -> ensembling.Blend:
    """The blend that one left-out fold was judged by."""
    return dataclasses.replace(
        blend,
        rule="triplet",
        weights=row["weights"],
        thresholds=ensembling.Thresholds(**row["thresholds"]),
        gate_weights={},
        expected=None,
    )


def test_the_correction_is_what_a_rule_fitted_on_all_images_has_ahead(scene, monkeypatch) -> None:
    monkeypatch.setattr(NestedCV, "choose", lambda self, without=frozenset(): Choice(TRIPLET))
    blend = scene.fit()
    plain = dataclasses.replace(blend, postprocess="none")
    ahead = scene.scores(scene.apply(plain)).mean() - sum(
        row["images"] / blend.images * scene.scores(scene.apply(_triplet_of(row, plain))).mean()
        for row in blend.by_fold
    )
    assert blend.correction == pytest.approx(ahead, abs=1e-12)
    assert ahead > 0


def test_the_interval_knows_how_much_rules_differ_with_their_images(scene, monkeypatch) -> None:
    monkeypatch.setattr(NestedCV, "choose", lambda self, without=frozenset(): Choice(TRIPLET))
    asked: list[float] = []
    monkeypatch.setattr(
        "ensembling._fit.bootstrap_interval",
        lambda *_, fit_error, **__: asked.append(fit_error) or (0.0, 1.0),
    )
    blend = scene.fit()
    plain = dataclasses.replace(blend, postprocess="none")
    means = [scene.scores(scene.apply(_triplet_of(row, plain))).mean() for row in blend.by_fold]
    squares = sum((mean - np.mean(means)) ** 2 for mean in means)
    assert asked == [pytest.approx(math.sqrt((len(means) - 1) / len(means) * squares), abs=1e-12)]
    assert asked[0] > 0


@pytest.mark.slow
def test_the_honest_score_is_lower_on_average_and_the_in_sample_score_too_good(new_scene) -> None:
    blends = [new_scene(42, seed=seed, noise=3.0).fit(resamples=2) for seed in range(8)]
    optimism = np.array([blend.optimism for blend in blends])
    assert optimism.mean() > 2 * optimism.std() / np.sqrt(len(optimism)) > 0


@pytest.mark.slow
def test_the_honest_score_foretells_new_images(new_scene) -> None:
    gaps = []
    for seed in range(8):
        blend = new_scene(90, seed=seed, noise=2.5).fit(resamples=2)
        fresh = new_scene(160, seed=1000 + seed, noise=2.5)
        gaps.append(fresh.scores(fresh.apply(blend)).mean() - blend.score_honest)
    assert abs(np.mean(gaps)) < 2.5 * np.std(gaps) / np.sqrt(len(gaps))


RULES = {  # the scene on which each rule is chosen
    "gate": {"noise": 4.0, "p_noise": 0.2},
    "triplet": {"noise": 0.5, "p_noise": 30.0},
    "triplet + gate": {"noise": 2.2, "p_noise": 0.9, "seed": 1},
    "expected score": {"noise": 3.0, "p_noise": 0.7},
}


@pytest.mark.parametrize("rule", RULES)
def test_each_rule_is_taken_where_it_helps_and_applies_as_it_was_fitted(new_scene, rule) -> None:
    scene = new_scene(90, **RULES[rule])
    blend = scene.fit()
    assert blend.rule == rule
    assert blend.candidates[rule] == max(blend.candidates[one] for one in ("empty", *RULES))
    gated = rule in ("gate", "triplet + gate")
    assert (
        set(blend.gate_weights) == set(blend.calibration) == ({"run0", "run1"} if gated else set())
    )
    assert (blend.expected is not None) == (rule == "expected score")
    masks = scene.apply(blend)
    assert scene.scores(masks).mean() == pytest.approx(blend.score_in_sample, abs=1e-12)
    scene.members.reverse()
    assert scene.apply(blend) == masks


def test_views_that_are_apart_warn_of_a_lesion_that_is_none(new_scene) -> None:
    scene = new_scene(90, noise=3.0, p_noise=4.0)
    unaware = scene.fit()
    apart = pd.Series({i: 0.1 * (i in _without_lesion(scene)) for i in scene.folds.index})
    scene.members[0] = dataclasses.replace(scene.members[0], spread=apart)
    blend = scene.fit()
    assert blend.rule == "expected score"
    assert blend.score_honest > unaware.score_honest + 0.05
    assert scene.scores(scene.apply(blend)).mean() == pytest.approx(blend.score_in_sample)


def _without_lesion(scene) -> set[str]:
    return {image_id for image_id, mask in scene.truth.items() if not mask.area}


def test_a_better_member_gets_more_weight_and_a_useless_one_none(new_scene) -> None:
    scene = new_scene(120, noise=0.4, p_noise=0.5)
    useless = new_scene(120, seed=5, noise=4.0, p_noise=9.0)
    scene.members[1] = dataclasses.replace(
        useless.members[1], maps=Shuffled(useless.members[1].maps)
    )
    blend = scene.fit()
    assert blend.weights["run0"] > 0.8
    assert blend.weights_path[0]["weights"] == {"run0": 0.5, "run1": 0.5}
    assert blend.weights_path[-1]["score"] > blend.weights_path[0]["score"]
    weighted = {name: score for name, score in blend.candidates.items() if "weights" in name}
    assert max(weighted.values()) > blend.candidates["triplet"]
    masks = scene.apply(blend)
    assert scene.scores(masks).mean() == pytest.approx(blend.score_in_sample, abs=1e-12)


def test_equal_weights_stay_where_others_gain_only_noise(new_scene) -> None:
    blends = [new_scene(60, seed=seed, noise=1.5).fit(resamples=2) for seed in range(4)]
    equal = [blend.weights == {"run0": 0.5, "run1": 0.5} for blend in blends]
    assert sum(equal) >= 3


@pytest.mark.parametrize("metric", METRICS)
def test_perfect_maps_score_one(metric: str) -> None:
    rng = np.random.default_rng(0)
    ids = [f"i{k}" for k in range(20)]
    masks = {i: np.zeros(SHAPE, np.uint8) for i in ids}
    for i in ids[::2]:
        masks[i][5:20, 3 : rng.integers(8, 40)] = 1
    maps = type("Maps", (dict,), {"read": dict.__getitem__})({i: 255 * masks[i] for i in ids})
    truth = {i: rlemask.runs_of(mask) for i, mask in masks.items()}
    member = ensembling.Member("run", pd.Series(0.5, index=ids), maps)
    folds = pd.Series(np.arange(20) % 5, index=ids)
    blend, _ = ensembling.fit([member], truth, folds, metric=METRICS[metric])
    assert (blend.score_honest, blend.score_in_sample, blend.interval) == (1, 1, (1, 1))
    applied = ensembling.apply(blend, [member], ids, shape=SHAPE)
    assert applied == truth
    assert list(applied) == ids


def test_the_order_of_the_pixels_in_the_truth_does_not_matter(scene) -> None:
    before = scene.fit()
    scene.truth = {i: mask.in_order(columns=False) for i, mask in scene.truth.items()}
    assert scene.fit() == before


def test_runs_without_maps_predict_nothing_and_say_so(scene) -> None:
    scene.members = [dataclasses.replace(member, maps=None) for member in scene.members]
    blend = scene.fit()
    assert blend.rule == "empty"
    assert blend.notes == ("no run has probability maps, so every image is predicted empty",)
    assert blend.score_honest == blend.score_in_sample == blend.score_empty
    assert (blend.positive_share, blend.positive_score, blend.negative_accuracy) == (0, 0, 1)
    assert not any(mask.area for mask in scene.apply(blend).values())


def test_a_run_without_maps_joins_through_the_gate(new_scene) -> None:
    scene = new_scene(90, noise=4.0, p_noise=0.2)
    scene.members[1] = dataclasses.replace(scene.members[1], maps=None)
    blend = scene.fit()
    assert blend.weights == {"run0": 1.0, "run1": 0.0}
    assert "run1" in blend.gate_weights or len(blend.expected.p) == 2 + 10
    scores = scene.scores(scene.apply(blend))
    assert scores.mean() == pytest.approx(blend.score_in_sample, abs=1e-12)


@pytest.mark.parametrize("positive", [True, False])
def test_images_of_one_kind_only(scene, positive: bool) -> None:
    chosen = [i for i, mask in scene.truth.items() if (mask.area > 0) == positive]
    scene.folds, scene.groups = scene.folds[chosen], scene.groups[chosen]
    blend = scene.fit()
    assert blend.rule == ("triplet" if positive else "empty")
    assert (blend.negative_accuracy is None) == positive
    assert (blend.positive_score is None) != positive
    json.dumps(blend.as_dict(), allow_nan=False)


def test_given_weights_are_scaled_and_used(scene) -> None:
    equal, given = scene.fit(), scene.fit(weights={"run0": 3, "run1": 1})
    assert given.weights == {"run0": 0.75, "run1": 0.25}
    assert equal.weights == {"run0": 0.5, "run1": 0.5}
    alone = scene.fit(weights={"run0": 2, "run1": 0})
    scene.members = scene.members[:1]
    assert alone.candidates["triplet"] == scene.fit().candidates["triplet"]


def test_the_blend_survives_json(new_scene) -> None:
    for scene in (new_scene(), new_scene(90, noise=4.0, p_noise=0.2)):
        blend = scene.fit()
        record = json.loads(json.dumps(blend.as_dict(), allow_nan=False))
        kept = dataclasses.replace(blend, name="mine", runs=("one",))
        assert ensembling.Blend.from_dict({**record, "blend": "mine", "runs": ["one"]}) == kept
        assert record["optimism"] == pytest.approx(blend.optimism)


def test_a_damaged_record_is_named(scene) -> None:
    record = scene.fit().as_dict()
    short = {key: record[key] for key in record.keys() - {"rule", "interval"}}
    with pytest.raises(ensembling.EnsemblingError, match="lacks rule, interval"):
        ensembling.Blend.from_dict(short)
    with pytest.raises(ensembling.EnsemblingError, match="cannot be read"):
        ensembling.Blend.from_dict(record | {"weights": None})
    older = {"p": [0.5] * 11, "p_constant": 0, "overlap": [0.5] * 11, "overlap_constant": 0}
    with pytest.raises(ensembling.EnsemblingError, match=r"have 11 columns, not 12.*make it again"):
        ensembling.Blend.from_dict(record | {"expected": older})
    with pytest.raises(ensembling.EnsemblingError, match="bottom <= top"):
        ensembling.Blend.from_dict({**record, "thresholds": {"top": 1, "min_area": 1, "bottom": 9}})
    other = record["thresholds"] | {"middle": 5}
    with pytest.raises(ensembling.EnsemblingError, match=r"thresholds.middle: .*make it again"):
        ensembling.Blend.from_dict({**record, "thresholds": other})
    extended = older | {"p": [0.5] * 12, "overlap": [0.5] * 12, "slope": 1}
    with pytest.raises(ensembling.EnsemblingError, match=r"expected.slope: .*make it again"):
        ensembling.Blend.from_dict(record | {"expected": extended})


def test_the_same_inputs_give_the_same_blend_in_any_number_of_threads(scene) -> None:
    assert scene.fit(workers=1) == scene.fit(workers=3)
    assert scene.fit(seed=1).interval != scene.fit(seed=2).interval


def test_progress_counts_to_the_end(scene) -> None:
    seen: dict[str, list[tuple[int, int]]] = {}

    def report(label: str, done: int, total: int, figures: object) -> None:
        seen.setdefault(label, []).append((done, total))

    scene.fit(report=report)
    assert seen["probability maps"] == [(done, 60) for done in range(61)]
    done, total = seen["thresholds"][-1]
    assert done == total
