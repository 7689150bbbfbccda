"""The folder of a new competition: what it is made from, where it goes, and what is refused."""

import itertools
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import competitions
import contest
import jobs
import rlemask
from contest.spec.load import parse
from tests.own_competitions import beside

ROOT = Path(__file__).parents[2]
NEW = contest.NewCompetition("pollen", "pollen-grains", "kaggle", "dice", (48, 64))


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Path]:
    """A folder of competitions beside the installed ones."""
    with beside(tmp_path / "own") as folder:
        yield folder


def test_the_forms_are_those_of_rlemask() -> None:
    assert contest.RLE_FORMS.keys() == rlemask.DIALECTS.keys()


@pytest.mark.parametrize(
    ("rle", "metric"), list(itertools.product(contest.RLE_FORMS, contest.METRIC_FORMS))
)
def test_its_specification_has_the_answers(own: Path, rle: str, metric: str) -> None:
    new = contest.NewCompetition("pollen", "pollen-grains", rle, metric, (48, 64))
    made = contest.create_competition(new)
    assert made.folder == own / "pollen"
    assert made.to_do.keys() < {path.name for path in made.folder.iterdir()}
    spec = parse((made.folder / "competition.toml").read_bytes(), "pollen")
    assert (spec.slug, spec.dialect, spec.shape) == ("pollen-grains", rle, (48, 64))
    assert spec.title == "Pollen Grains"
    mask = rlemask.parse(spec.empty, spec.shape, rle)
    assert not len(mask)
    text = "".join(path.read_text() for path in made.folder.iterdir())
    assert "$" not in text


def test_the_folder_is_clean_for_the_linters(own: Path) -> None:
    longest = contest.NewCompetition(
        "pollen_" + "x" * 33, "a" * 90, "kaggle", "own", (20000, 60000)
    )
    made = [contest.create_competition(one).folder for one in (NEW, longest)]
    options = ["--config", str(ROOT / "pyproject.toml"), "--no-cache"]
    for command in (["check", "--extend-ignore", "I"], ["format", "--check"]):  # "I" needs the root
        ruff = [sys.executable, "-m", "ruff", *command, *options, *map(str, made)]
        done = subprocess.run(ruff, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout


def test_it_is_found_and_has_data_beside_the_installed_ones(own: Path, tmp_path: Path) -> None:
    before = contest.names()
    contest.create_competition(NEW)
    assert contest.names() == sorted([*before, "pollen"])
    spec = contest.load("pollen")
    positives = contest.optional(spec, "synthesize")(tmp_path / "data", images=8, test=3, seed=0)
    dataset = contest.competition_of(spec).prepare(
        tmp_path / "data", spec, cache=tmp_path / "cache"
    )
    assert int(dataset.labels.sum()) == positives
    assert 0 < positives < 8
    assert dataset.image(dataset.sample_ids[0]).shape == (48, 64)
    inside = [
        float(dataset.image(image_id)[mask].mean() - dataset.image(image_id)[~mask].mean())
        for image_id in dataset.train.index[dataset.labels == 1]
        for mask in [rlemask_of(dataset, image_id)]
    ]
    assert np.mean(inside) > 8, "the object is brighter"


def rlemask_of(dataset: contest.Dataset, image_id: str) -> np.ndarray:
    text = rlemask.encode(dataset.truth[image_id], "kaggle")
    return rlemask.decode(text, shape=(48, 64), dialect="kaggle").astype(bool)


def test_of_two_with_one_name_the_installed_one_is_meant(own: Path) -> None:
    (own / "tgs_salt").mkdir(parents=True)
    (own / "tgs_salt" / "competition.toml").write_text("title = 1")
    assert contest.load("tgs_salt").slug == "tgs-salt-identification-challenge"


def test_what_is_half_written_is_no_competition(own: Path) -> None:
    (own / ".pollen.host.1.0a0a0a0a.tmp").mkdir(parents=True)
    (own / ".pollen.host.1.0a0a0a0a.tmp" / "competition.toml").write_text("")
    assert contest.names() == [name for name in contest.names() if name.isidentifier()]


def test_all_or_nothing_is_written(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = jobs.write_text

    def failing(path: Path, text: str) -> None:
        if path.name == "experiments.py":
            raise OSError(28, "No space left on device")
        write(path, text)

    monkeypatch.setattr(jobs, "write_text", failing)
    with pytest.raises(jobs.DiskFull):
        contest.create_competition(NEW)
    assert list(own.iterdir()) == []
    monkeypatch.undo()


def test_a_folder_that_cannot_be_written_is_named(own: Path) -> None:
    own.write_text("a file")
    with pytest.raises(jobs.CannotAccess, match="own"):
        contest.create_competition(NEW)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "it is blank"),
        ("Pollen", "lower-case letters"),
        ("pollen-grains", "lower-case letters"),
        ("1pollen", "lower-case letters"),
        ("_pollen", "lower-case letters"),
        ("pöllen", "lower-case letters"),
        ("class", "a word of Python"),
        ("best", "it is reserved"),
        ("con", "reserved on Windows"),
        ("../x", "it has /"),
        ("x" * 41, "longer than 40"),
        ("tgs_salt", "tgs_salt exists"),
    ],
)
def test_a_bad_name_is_refused(own: Path, name: str, reason: str) -> None:
    with pytest.raises(contest.ContestError, match=reason):
        contest.check_new_name(name)
    assert not own.exists()


def test_an_existing_folder_is_not_touched(own: Path) -> None:
    made = contest.create_competition(NEW).folder
    (made / "NOTES.md").write_text("mine")
    with pytest.raises(contest.ContestError, match="own/pollen exists"):
        contest.create_competition(NEW)
    assert (made / "NOTES.md").read_text() == "mine"
    (own / "pollen2.py").write_text("")
    with pytest.raises(contest.ContestError, match=r"pollen2\.py exists"):
        contest.check_new_name("pollen2")


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(contest.ContestError) as caught:
        contest.NewCompetition("A b", "A b", "kagle", "dise", (5, 7))
    faults = str(caught.value).split("; ")
    assert [word for word in ("'A b' cannot", "not a slug", "mean kaggle?", "mean dice?", "'5x7'")
            if not any(word in fault for fault in faults)] == []  # fmt: skip


def test_a_checkout_has_room_and_an_installation_has_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "competitions"
    home.mkdir()
    monkeypatch.setattr(competitions, "__path__", [str(home)])
    with pytest.raises(contest.ContestError, match="set TOOLS_COMPETITIONS to a folder"):
        contest.check_new_name("pollen")
    (tmp_path / "pyproject.toml").write_text("")
    assert contest.check_new_name("pollen") == home / "pollen"


def test_without_any_place_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contest.spec.load.HOME", "no_such_package")
    with pytest.raises(contest.ContestError, match="TOOLS_COMPETITIONS"):
        contest.check_new_name("pollen")


@pytest.mark.parametrize(
    ("text", "shape"),
    [("101", (101, 101)), ("512x768", (512, 768)), (" 512 × 768 ", (512, 768))],
)
def test_a_size_is_one_side_or_two(text: str, shape: tuple[int, int]) -> None:
    assert contest.read_size(text) == shape


@pytest.mark.parametrize("text", ["", "x", "12x", "8", "100x70000", "1e3", "-5", "1x2x3"])
def test_another_size_is_refused(text: str) -> None:
    with pytest.raises(contest.ContestError, match="HEIGHTxWIDTH"):
        contest.read_size(text)


@pytest.mark.parametrize(
    "text",
    [
        "pollen-grains",
        "https://www.kaggle.com/competitions/pollen-grains",
        "https://www.kaggle.com/competitions/pollen-grains/overview/evaluation?x=1",
        "kaggle.com/c/pollen-grains#data",
    ],
)
def test_a_slug_may_be_the_address_of_its_page(text: str) -> None:
    assert contest.read_slug(text) == "pollen-grains"


@pytest.mark.parametrize("text", ["", "Pollen Grains", "https://example.org/x", "a--b", "-a"])
def test_another_slug_is_refused(text: str) -> None:
    with pytest.raises(contest.ContestError, match="not a slug"):
        contest.read_slug(text)
