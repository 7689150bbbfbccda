"""Ablation study of a segmenter: variants of an experiment on some of its folds.

    python tests/benchmarks/study_ingredients.py EXPERIMENT [SETTING …] --folds 0 3

TOOLS_DATA is the data folder, TOOLS_HOME the home folder. A SETTING is a list of field=value
separated by semicolons, such as seed=1000 for another training; "" is the unchanged experiment.
Models and maps are stored in HOME/study, so that an interrupted study resumes. The output for
each setting: minutes of training per fold, AUC of the image-level probability, score of the maps in
sample at the best thresholds, honest score of the blend and score of empty masks (both need two
folds), and mean score of the positives at the best common threshold.
"""

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

import contest
import crossval
import ensembling
import jobs
from tools.paths import Paths
from tools.usecases.context import source
from tools.usecases.context.workplace import Workplace
from tools.usecases.prepare import folds as fold_table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("experiment")
    parser.add_argument("settings", nargs="*", default=[""])
    parser.add_argument("--folds", type=int, nargs="+", default=[0, 3])
    options = parser.parse_args()
    place = Workplace(Paths.resolve(None, None), report=_shown)
    print("setting\tminutes\tAUC\tin sample\thonest\tempty\tscore of positives")
    for setting in options.settings:
        figures = judged(place, options.experiment, setting, options.folds)
        print(setting or "(unchanged)", *figures, sep="\t", flush=True)


def judged(place: Workplace, name: str, setting: str, chosen: list[int]) -> list[str]:
    """Return the figures of one setting on the folds `chosen`."""
    settings = [part for part in setting.split(";") if part]
    experiment = source.load_experiment(place, name, settings)
    folds = fold_table.make_folds(place)
    learner = experiment.learner(source.Source(place))
    home = place.paths.home / "study" / jobs.digest(experiment.as_dict())[:10]
    ids = list(folds.index[folds.isin(chosen)])
    store = crossval.MapStore.create(home / "maps.zarr", ids, learner.mask_size or 0)
    p = pd.Series(index=ids, dtype=float)
    minutes = []
    for fold in chosen:
        held_out = list(folds.index[folds == fold])
        train, seed = list(folds.index[folds != fold]), experiment.seed + fold
        minutes.append(_train(learner, train, home / str(fold), seed))
        p[held_out] = _predicted(learner, held_out, home / str(fold), store)
    member = ensembling.Member(name, p, store)
    labels = place.dataset.labels[ids].to_numpy()
    aucs = [crossval.area_under_roc(labels[part], p.to_numpy()[part]) for part in
            [(folds[ids] == fold).to_numpy() for fold in chosen]]  # fmt: skip
    prob, truth = [store.read(i) for i in ids], [place.dataset.truth[i] for i in ids]
    in_sample = ensembling.best_score(prob, truth, contest.metric_of(place.spec))
    honest = ["-", "-"]
    if len(chosen) > 1:
        blend = _blend(place, member, folds[ids])
        honest = [f"{score:.4f}" for score in (blend.score_honest, blend.score_empty)]
    return [
        f"{np.mean(minutes):.1f}",
        f"{np.mean(aucs):.3f} ({', '.join(f'{auc:.3f}' for auc in aucs)})",
        f"{in_sample:.4f}",
        *honest,
        f"{_positive_score(place, ids, store):.3f}",
    ]


def _train(learner: crossval.Learner, train: list[str], folder: Path, seed: int) -> float:
    """Train a model unless it exists; return the minutes of training."""
    note = folder / "minutes.json"
    began = time.monotonic()
    learner.fit(train, folder, seed=seed, report=_shown)
    if not note.exists():
        note.write_text(json.dumps((time.monotonic() - began) / 60))
    return float(json.loads(note.read_text()))


def _predicted(
    learner: crossval.Learner, ids: list[str], folder: Path, store: crossval.MapStore
) -> np.ndarray:
    table = folder / "p.parquet"
    if not table.exists():
        p = learner.predict(
            ids,
            [folder],
            write_map=lambda image_id, soft, _: store.write(image_id, soft),
            report=_shown,
        )
        pd.DataFrame({"p": p}, index=ids).to_parquet(table)
    return pd.read_parquet(table)["p"].loc[ids].to_numpy()


def _blend(place: Workplace, member: ensembling.Member, folds: pd.Series) -> ensembling.Blend:
    dataset = place.dataset
    return ensembling.fit(
        [member],
        dataset.truth,
        folds,
        None if dataset.groups is None else dataset.groups[folds.index],
        metric=contest.metric_of(place.spec),
    )[0]


def _positive_score(place: Workplace, ids: list[str], store: crossval.MapStore) -> float:
    """Return the mean score of the positives at the best common threshold of their maps."""
    dataset, metric = place.dataset, contest.metric_of(place.spec)
    positive = [image_id for image_id in ids if dataset.labels[image_id]]
    curves = [
        ensembling.levels(store.read(image_id), dataset.truth[image_id], metric)[1]
        for image_id in positive
    ]
    return float(np.mean(curves, axis=0)[1:].max())


def _shown(label: str, done: int, total: int, figures: object) -> None:
    if done % 20 == 0 or done == total:
        print(f"{label} {done}/{total} {figures}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
