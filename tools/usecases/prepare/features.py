"""`tools features` and `tools features show`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import contest
import drawing
import jobs
from tools.usecases.context.html import Html
from tools.usecases.context.source import Source, load_experiment
from tools.usecases.context.workplace import Workplace


class NoFeatures(jobs.UserError):
    """The experiment uses no feature table."""


class UnknownImage(jobs.UserError):
    """The given name is neither an image of the data set nor a file."""


@dataclass(frozen=True)
class FeatureTables(Html):
    """The files of the training and the test table; rows of both, columns of each."""

    path: Path
    test_path: Path
    rows: int
    columns: int
    families: Sequence[str]


@dataclass(frozen=True)
class FeatureDrawing:
    """The drawing of an image file, and what the competition says about the image."""

    file: Path
    picture: Path
    about: Mapping[str, Any]

    def as_dict(self) -> dict[str, Any]:
        return {"file": self.file, "picture": self.picture, **self.about}


def features(place: Workplace, experiment_name: str | None = None) -> FeatureTables:
    """Build the feature table of training and test images, and those of their sides if used.

    Args:
        place: the folders and the competition.
        experiment_name: an experiment with features; None is the only one, or the first one of
            the demo.

    Raises:
        NoFeatures: the experiment has none, or none is given and there are several.
    """
    experiment_name = experiment_name or _first_featured(place)
    experiment = load_experiment(place, experiment_name)
    tables, paths = [], []
    for part in ("train", "test"):
        table = experiment.features(Source(place, part))
        if table is None:
            raise NoFeatures(
                f"{experiment_name!r} uses no feature table: give with --experiment one of "
                f"{', '.join(_featured(place)) or 'another competition'}"
            )
        tables.append(table)
        paths.append(place.own("features") / f"{experiment_name}-{part}.parquet")
        with jobs.writing(paths[-1]) as temporary:
            table.to_parquet(temporary)
    return FeatureTables(
        path=paths[0],
        test_path=paths[1],
        rows=sum(map(len, tables)),
        columns=tables[0].shape[1],
        families=experiment.as_dict().get("families", []),
    )


def show(place: Workplace, image: str, path: Path) -> FeatureDrawing:
    """Draw what the features are computed from in one image, an id or a file.

    Raises:
        contest.NotOffered: the competition has no such drawing.
    """
    draw = contest.optional(place.spec, "show")
    file = Path(image) if Path(image).is_file() else _file_of(place, image)
    picture, about = draw(file)
    drawing.write_png(path, picture)
    return FeatureDrawing(file, path, about)


def _featured(place: Workplace) -> list[str]:
    """Return the experiments that have features."""
    names = contest.experiment_names(place.spec.experiments)
    made = {name: type(load_experiment(place, name)) for name in names}
    return [name for name in names if made[name].features is not contest.Experiment.features]


def _first_featured(place: Workplace) -> str:
    names = _featured(place)
    names = [name for name in place.spec.demo if name in names][:1] or names
    if len(names) != 1:
        raise NoFeatures(
            f"choose an experiment with --experiment: {', '.join(names)}"
            if names
            else f"no experiment of {place.spec.name} uses a feature table"
        )
    return names[0]


def _file_of(place: Workplace, image_id: str) -> Path:
    try:
        return place.dataset.path(image_id)
    except KeyError:
        raise UnknownImage(
            f"{image_id!r} is neither an image of the data set nor a file: list the ids with "
            "`tools data frame --csv FILE`"
        ) from None
