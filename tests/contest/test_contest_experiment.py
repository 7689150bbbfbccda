import dataclasses
import json
import sys
from dataclasses import dataclass
from types import ModuleType

import pytest

import contest


@dataclass(frozen=True)
class Config:
    """A learner's choices."""

    rate: float = 0.1
    rounds: int = 10
    flip: bool = False
    blocks: tuple[int, ...] = (1, 2)
    backbone: str = "small"
    sizes: tuple[int, ...] = ()
    shares: tuple[float, float] = (0, 1)
    attention: str | None = None

    def __post_init__(self) -> None:
        if self.rounds < 1:
            raise ValueError("rounds must be at least 1")


def small() -> contest.Experiment:
    return contest.Experiment("classifier", Config(), 64, ("grid",))


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> str:
    made = ModuleType("invented_experiments")
    for function in (small,):
        copy = type(function)(function.__code__, function.__globals__, function.__name__)
        copy.__module__ = made.__name__
        setattr(made, function.__name__, copy)
    made.json_dumps = json.dumps  # imported from elsewhere: no experiment
    made._hidden = small
    monkeypatch.setitem(sys.modules, made.__name__, made)
    return made.__name__


def test_experiments_are_the_public_functions_of_the_module(module: str) -> None:
    assert contest.experiment_names(module) == ["small"]
    assert contest.load_experiment(module, "small") == small()


def test_a_wrong_name_lists_the_right_ones(module: str) -> None:
    with pytest.raises(contest.UnknownExperiment, match="did you mean small"):
        contest.load_experiment(module, "smal")


def test_settings_replace_fields_with_their_type(module: str) -> None:
    settings = ["rate=0.5", "rounds=3", "flip=true", "blocks=4,5", "backbone=large"]
    found = contest.load_experiment(module, "small", [*settings, "image_size=128", "seed=7"])
    assert found.config == Config(0.5, 3, True, (4, 5), "large")
    assert (found.image_size, found.seed) == (128, 7)


def test_a_tuple_is_read_by_its_annotation(module: str) -> None:
    settings = ["sizes=96,128", "shares=0.5,1", "families=grid,hog"]
    found = contest.load_experiment(module, "small", settings)
    assert found.config == Config(sizes=(96, 128), shares=(0.5, 1.0))
    assert found.families == ("grid", "hog")
    with pytest.raises(contest.BadSetting, match="'sizes=a,b'"):
        contest.load_experiment(module, "small", ["sizes=a,b"])


@pytest.mark.parametrize(("text", "value"), [("scse", "scse"), ("5", "5"), ("null", None)])
def test_a_text_that_may_be_missing_stays_a_text(module: str, text: str, value: str | None) -> None:
    found = contest.load_experiment(module, "small", [f"attention={text}"])
    assert found.config.attention == value


def test_all_faulty_settings_are_named(module: str) -> None:
    settings = ["rouns=3", "rate=fast", "flip=maybe", "rounds=0", "kind=segmenter", "rate"]
    with pytest.raises(contest.BadSetting) as caught:
        contest.load_experiment(module, "small", settings)
    for part in ("'rouns=3' sets no known field", "'rate=fast'", "'flip=maybe'", "'rounds=0'"):
        assert part in str(caught.value)
    assert str(caught.value).count("; ") == 5


def test_a_recorded_experiment_is_restored_as_it_was_made() -> None:
    made = dataclasses.replace(small(), config=Config(rate=0.7, blocks=(9,)), seed=3)
    record = json.loads(json.dumps(made.as_dict()))
    assert contest.restore_experiment(small(), {**record, "more": 1}) == made
