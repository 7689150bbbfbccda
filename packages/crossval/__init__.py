"""Folds, runs and out-of-fold (OOF) predictions.

A run is one learner cross-validated on one set of folds; its folder contains everything that a
blend or a report needs. Learners are in other packages and implement the `Learner` protocol.
"""

from crossval._cross_validation import Learner, cross_validate, predict_test, prefixed, test_key
from crossval._curves import Curve, ranking_curves, reliability
from crossval._cv_vs_leaderboard import BOARDS, contradictions, minus_cv, rank_correlations
from crossval._errors import (
    CrossvalError,
    FoldError,
    UnknownRun,
)
from crossval._folds import fold_digest, make_folds, read_folds, size_bands, write_folds
from crossval._label_subsets import PartLearner, label_subset
from crossval._leakage import Leakage, group_leakage
from crossval._maps import MapStore
from crossval._ranking_metrics import (
    area_under_roc,
    auc_interval,
    average_precision,
    average_precision_interval,
)
from crossval._run_files import delete_run, rename_run
from crossval._runs import FoldRun, Run, all_runs, list_runs, open_run
from crossval._subgroups import bands_of, score_table, subgroup_table
from crossval._trainings import OverTrainings, over_trainings

__all__ = [
    "BOARDS",
    "CrossvalError",
    "Curve",
    "FoldError",
    "FoldRun",
    "Leakage",
    "Learner",
    "MapStore",
    "OverTrainings",
    "PartLearner",
    "Run",
    "UnknownRun",
    "all_runs",
    "area_under_roc",
    "auc_interval",
    "average_precision",
    "average_precision_interval",
    "bands_of",
    "contradictions",
    "cross_validate",
    "delete_run",
    "fold_digest",
    "group_leakage",
    "label_subset",
    "list_runs",
    "make_folds",
    "minus_cv",
    "open_run",
    "over_trainings",
    "predict_test",
    "prefixed",
    "rank_correlations",
    "ranking_curves",
    "read_folds",
    "reliability",
    "rename_run",
    "score_table",
    "size_bands",
    "subgroup_table",
    "test_key",
    "write_folds",
]
