"""Competitions: their facts, their tables, their submission file and their metric.

Knows what a competition is, and none in particular: each is a folder of the package
`competitions`, with a competition.toml that names its plug-ins.
"""

from contest._annotations import read_annotations, read_patients, scan_annotations
from contest._dataset import Dataset
from contest._errors import (
    AnnotationError,
    BadSetting,
    ContestError,
    Fault,
    NoReader,
    NoSides,
    OtherExperiment,
    SpecError,
    SubmissionError,
    TableError,
    UnknownCompetition,
    UnknownExperiment,
)
from contest._experiment import Experiment, Explanation, Found, Source, Stack
from contest._load import load, names
from contest._masks import Masks, encoded, masks_of, read_masks
from contest._metric import metric_of
from contest._networks import Networks
from contest._overlaps import Overlap, contradictory_rows, overlapping_rows
from contest._plugin import module_of, plugin
from contest._score import Score, score
from contest._settings import experiment_names, load_experiment, restore_experiment
from contest._shown import shown
from contest._spec import Columns, Spec
from contest._submission import (
    check,
    read_sample,
    read_submission,
    scan_sample,
    write_submission,
)
from contest._trees import Sides, Trees

__all__ = [
    "AnnotationError",
    "BadSetting",
    "Columns",
    "ContestError",
    "Dataset",
    "Experiment",
    "Explanation",
    "Fault",
    "Found",
    "Masks",
    "Networks",
    "NoReader",
    "NoSides",
    "OtherExperiment",
    "Overlap",
    "Score",
    "Sides",
    "Source",
    "Spec",
    "SpecError",
    "Stack",
    "SubmissionError",
    "TableError",
    "Trees",
    "UnknownCompetition",
    "UnknownExperiment",
    "check",
    "contradictory_rows",
    "encoded",
    "experiment_names",
    "load",
    "load_experiment",
    "masks_of",
    "metric_of",
    "module_of",
    "names",
    "overlapping_rows",
    "plugin",
    "read_annotations",
    "read_masks",
    "read_patients",
    "read_sample",
    "read_submission",
    "restore_experiment",
    "scan_annotations",
    "scan_sample",
    "score",
    "shown",
    "write_submission",
]
