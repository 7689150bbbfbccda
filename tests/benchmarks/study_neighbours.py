"""Random folds against folds by neighbouring tiles of TGS Salt: what neighbours are worth.

    TOOLS_DATA=FOLDER python tests/benchmarks/study_neighbours.py [EXPERIMENT] [--seeds 3]
    TOOLS_DATA=FOLDER TOOLS_HOME=HOME python tests/benchmarks/study_neighbours.py --run RUN

Cross-validates an experiment of trees with random folds and with folds that keep the tiles of a
section together, see `competitions/tgs_salt/borders.py`, for several fold seeds. Prints the AUC of
each, and the AUC of the images that have a neighbour among the annotated ones. With --run, prints
the honest score of the images of a complete run by what its models knew of their neighbours, with
the mean share of salt, as images with and without neighbours are not equally hard.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

import crossval
from competitions.tgs_salt.borders import groups_of, neighbours
from tools.paths import Paths
from tools.usecases.context import source
from tools.usecases.context.workplace import Workplace
from tools.usecases.look import runs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("experiment", nargs="?", default="lightgbm")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--run", help="show the scores of this run instead")
    options = parser.parse_args()
    place = Workplace(Paths.resolve(None, None), "tgs_salt")
    if options.run:
        _show_run(place, options.run)
        return
    dataset = place.dataset
    experiment = source.load_experiment(place, options.experiment)
    stack = source.Source(place).stack(101)
    ids = list(dataset.areas.index)
    images = stack.take(ids)
    pairs, groups = neighbours(images), groups_of(ids, images)
    paired = pd.Index(ids)[np.unique(pairs)]
    print(f"{len(pairs)} pairs of neighbours, {len(paired)} of {len(ids)} images have one")
    learner = experiment.learner(source.Source(place))
    print("folds\tseed\tAUC\tAUC of images with a neighbour")
    for seed in range(options.seeds):
        for name, known in (("random", None), ("by section", groups)):
            folds = crossval.make_folds(dataset.areas, known, 5, seed)
            p = _out_of_fold(learner, folds)
            aucs = [_auc(dataset.labels, p, part) for part in (folds.index, paired)]
            print(name, seed, *(f"{auc:.4f}" for auc in aucs), sep="\t", flush=True)


def _show_run(place: Workplace, name: str) -> None:
    """Print the mean score of the images of a run that have a neighbour in another fold or none."""
    run, dataset = place.open_run(name), place.dataset
    images = runs.honest_images(place, run)
    ids = list(dataset.areas.index)
    pairs = neighbours(source.Source(place).stack(101).take(ids))
    folds = run.folds.loc[ids].to_numpy()
    trained = np.zeros(len(ids), bool)  # a neighbour was among the training images
    trained[pairs[folds[pairs[:, 0]] != folds[pairs[:, 1]]]] = True
    alone = ~np.isin(np.arange(len(ids)), pairs)
    print("images\tcount\thonest score\tstandard error\tscore of positives\tpositive")
    for words, chosen in (
        ("a neighbour in training", trained),
        ("a neighbour in the same fold only", ~trained & ~alone),
        ("no neighbour", alone),
    ):
        score = images.loc[np.array(ids)[chosen], "score"]
        positive = dataset.areas.to_numpy()[chosen] > 0
        print(words, chosen.sum(), f"{score.mean():.4f}", f"{score.sem():.4f}",
              f"{score[positive].mean():.4f}", f"{positive.mean():.3f}", sep="\t")  # fmt: skip


def _out_of_fold(learner: crossval.Learner, folds: pd.Series) -> pd.Series:
    with tempfile.TemporaryDirectory() as folder:
        run = crossval.Run.start(Path(folder), "study", {}, folds)
        return crossval.cross_validate(run, learner)["p"]


def _auc(labels: pd.Series, p: pd.Series, ids: pd.Index) -> float:
    return crossval.area_under_roc(labels[ids].to_numpy(), p[ids].to_numpy())


if __name__ == "__main__":
    main()
