"""Competitions: their specification, tables, submission file, metric and experiments.

No competition is named here: each is a folder of the package `competitions`, with a
competition.toml that names its plug-ins.
"""

from contest._errors import (
    AnnotationError,
    ContestError,
    DataError,
    Fault,
    NotOffered,
    SpecError,
    SubmissionError,
    TableError,
    UnknownCompetition,
    shown,
)
from contest.audit.checks import audit_data
from contest.audit.findings import (
    Audit,
    Finding,
    FoldLeakage,
    LeakageReport,
    Severity,
    write_findings,
)
from contest.data.competition import (
    Competition,
    competition_of,
    describe,
    optional,
)
from contest.data.dataset import Dataset, Reader
from contest.data.layout import Images, Layout, best_root, folder_above, locate, parts_in
from contest.data.layout import check as check_layout
from contest.data.prepare import annotated, images_of, prepare, prepare_folder, usable_images
from contest.experiments.catalogue import About, Entry, about, catalogue, settings_table
from contest.experiments.experiment import Experiment, Source
from contest.experiments.nested_tuning import Choice, NestedTuning, changed, settings_of
from contest.experiments.networks import Networks
from contest.experiments.settings import (
    experiment_names,
    load_experiment,
    restore_experiment,
    settings_changed,
)
from contest.experiments.trees import Sides, Trees
from contest.experiments.votes import Votes, read_votes
from contest.scaffold.new_competition import (
    METRIC_FORMS,
    RLE_FORMS,
    Created,
    MetricForm,
    NewCompetition,
    check_new_name,
    create_competition,
    read_size,
    read_slug,
)
from contest.spec.load import load, names
from contest.spec.metric import metric_of
from contest.spec.plugin import module_of, plugin
from contest.spec.spec import Columns, Spec
from contest.tables.annotations import read_annotations, read_groups, read_names
from contest.tables.csv_files import has_columns
from contest.tables.facts import read_facts
from contest.tables.mask_pictures import read_mask_pictures
from contest.tables.masks import Masks, encoded, masks_of, read_masks
from contest.tables.score import Score, score
from contest.tables.submission import (
    check,
    read_sample,
    read_submission,
    write_submission,
)

__all__ = [
    "METRIC_FORMS",
    "RLE_FORMS",
    "About",
    "AnnotationError",
    "Audit",
    "Choice",
    "Columns",
    "Competition",
    "ContestError",
    "Created",
    "DataError",
    "Dataset",
    "Entry",
    "Experiment",
    "Fault",
    "Finding",
    "FoldLeakage",
    "Images",
    "Layout",
    "LeakageReport",
    "Masks",
    "MetricForm",
    "NestedTuning",
    "Networks",
    "NewCompetition",
    "NotOffered",
    "Reader",
    "Score",
    "Severity",
    "Sides",
    "Source",
    "Spec",
    "SpecError",
    "SubmissionError",
    "TableError",
    "Trees",
    "UnknownCompetition",
    "Votes",
    "about",
    "annotated",
    "audit_data",
    "best_root",
    "catalogue",
    "changed",
    "check",
    "check_layout",
    "check_new_name",
    "competition_of",
    "create_competition",
    "describe",
    "encoded",
    "experiment_names",
    "folder_above",
    "has_columns",
    "images_of",
    "load",
    "load_experiment",
    "locate",
    "masks_of",
    "metric_of",
    "module_of",
    "names",
    "optional",
    "parts_in",
    "plugin",
    "prepare",
    "prepare_folder",
    "read_annotations",
    "read_facts",
    "read_groups",
    "read_mask_pictures",
    "read_masks",
    "read_names",
    "read_sample",
    "read_size",
    "read_slug",
    "read_submission",
    "read_votes",
    "restore_experiment",
    "score",
    "settings_changed",
    "settings_of",
    "settings_table",
    "shown",
    "usable_images",
    "write_findings",
    "write_submission",
]
