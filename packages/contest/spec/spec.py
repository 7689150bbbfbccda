"""The facts of a competition, as competition.toml holds them."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Columns:
    """Names of the columns in the competition's CSV files.

    Attributes:
        image_id: image ids, in all tables.
        rle: run-length texts, in annotations and submissions.
        group: groups, in the table of groups.
    """

    image_id: str
    rle: str
    group: str


@dataclass(frozen=True)
class Spec:
    """One competition.

    Attributes:
        name: its folder.
        title: its full name.
        slug: its name on Kaggle.
        url: its page.
        rules_url: the page on which its rules are accepted.
        mirrors: data sets "owner/slug" on Kaggle with its images, the preferred ones first.
        data: candidate paths below the data folder for each part: "train_images",
            "test_images", "annotations", "masks", "sample_submission", "groups", "facts", or any
            other that the competition's code uses.
        columns: of its CSV files.
        facts: "number" or "text" for each column of the table of facts.
        bands: lower edges of the bands of a numeric fact, for scores of subgroups.
        shape: `(h, w)` of its masks.
        dialect: of its RLE, see `rlemask.DIALECTS`.
        empty: the text of an empty mask.
        metric: plug-in "module:function", see `metric_of`.
        metric_name: its name, for instance "Dice".
        metric_reference: source of its definition.
        prepare: plug-in "module:prepare"; the module follows `Competition`.
        experiments: module of the experiments.
        demo: quick experiments that `tools demo` cross-validates; may be empty.
        daily_limit: submissions per day.
        positive_share_tolerance: largest difference between the share of predicted masks and the
            expected one without a warning of `check`.
        n_splits: default number of folds.
        fold_seed: default seed of the folds.
        default: whether it is meant where nothing points at any competition.
    """

    name: str
    title: str
    slug: str
    url: str
    rules_url: str
    mirrors: tuple[str, ...]
    data: Mapping[str, tuple[str, ...]]
    columns: Columns
    facts: Mapping[str, str]
    bands: Mapping[str, tuple[int, ...]]
    shape: tuple[int, int]
    dialect: str
    empty: str
    metric: str
    metric_name: str
    metric_reference: str
    prepare: str
    experiments: str
    demo: tuple[str, ...]
    daily_limit: int
    positive_share_tolerance: float
    n_splits: int
    fold_seed: int
    default: bool = False
