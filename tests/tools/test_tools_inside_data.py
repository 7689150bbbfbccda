"""A folder inside the data given as `--data`: the competition is known, the data folder named."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import contest
from tests.competitions import _salt as salt
from tests.competitions.test_competitions_sources import LAYOUTS, chests
from tools.paths import Paths
from tools.usecases.context.which_competition import Signs

__all__ = ["chests"]

SALT = "tgs_salt"


def inside(data: Path) -> Iterator[Path]:
    """Yield every folder below the data."""
    yield from sorted(path for path in data.rglob("*") if path.is_dir())


def meant(given: Path, home: Path) -> str:
    """Return the competition of `--data` alone; those that are possible if there are several."""
    signs = Signs(Paths(home, given, home / "submissions"), lambda one: one, False)
    try:
        return signs.competition().name
    except contest.UnknownCompetition as error:
        return str(error).rpartition("--data: ")[2]


def followed(given: Path, spec: contest.Spec) -> contest.Layout:
    """Return where the data lie: as found, or found where the message points to."""
    competition = contest.competition_of(spec)
    try:
        return competition.locate(given, spec)
    except contest.DataError as error:
        named = Path(str(error).rpartition("point --data at ")[2])
    return competition.locate(named, spec)


def images(layout: contest.Layout) -> list[Path]:
    """Return the folders of the images of both parts."""
    return [part.folder.resolve() for part in (layout.train, layout.test) if part is not None]


@pytest.mark.parametrize("name", [*LAYOUTS, SALT])
def test_every_folder_inside_the_data_leads_to_them(
    name: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    if name == SALT:
        salt.draw(data, images=4, test=2)
    else:
        LAYOUTS[name][0](request.getfixturevalue("chests"), data)
    spec = contest.load(SALT if name == SALT else "siim_acr_pneumothorax")
    wanted = images(contest.competition_of(spec).locate(data, spec))
    folders = list(inside(data))
    assert len(folders) >= 2
    for given in folders:
        assert spec.name in meant(given, tmp_path / "home"), given
        assert images(followed(given, spec)) == wanted, given


def test_a_folder_of_something_else_is_that_of_the_default(tmp_path: Path) -> None:
    given = tmp_path / "train" / "images"
    given.mkdir(parents=True)
    (tmp_path / "notes.csv").write_text("a,b\n1,2\n")
    assert contest.load(meant(given, tmp_path / "home")).default
