"""`tools experiments`: the experiments of a competition and their settings."""

from dataclasses import asdict, dataclass
from typing import Any

import configuration
import contest
from tools.usecases.context.html import Html
from tools.usecases.context.workplace import Workplace


@dataclass(frozen=True)
class Catalogue(Html):
    """The experiments of a competition, see `contest.catalogue`."""

    competition: str
    experiments: list[contest.Entry]

    def as_dict(self) -> dict[str, Any]:
        rows = [{**asdict(one), **asdict(one.about)} for one in self.experiments]
        for row in rows:
            del row["about"]
        return {"competition": self.competition, "experiments": rows}


@dataclass(frozen=True)
class Settings(Html):
    """An experiment with all its settings."""

    experiment: contest.Entry
    settings: list[configuration.Setting]

    def as_dict(self) -> dict[str, Any]:
        about = asdict(self.experiment)
        return {
            "experiment": about.pop("name"),
            **about.pop("about"),
            **about,
            "settings": [asdict(one) for one in self.settings],
        }


def experiments(place: Workplace) -> Catalogue:
    """Return the experiments of the competition."""
    return Catalogue(place.spec.name, contest.catalogue(place.spec.experiments))


def show(place: Workplace, name: str) -> Settings:
    """Return all settings of an experiment.

    Raises:
        contest.ContestError: there is no such experiment.
    """
    module = place.spec.experiments
    settings = contest.settings_table(module, name)
    entry = next(one for one in contest.catalogue(module) if one.name == name)
    return Settings(entry, settings)
