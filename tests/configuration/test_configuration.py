"""Frozen configurations: all faults in one line, names whole and short, values from text."""

import dataclasses
from dataclasses import dataclass, field
from typing import Annotated, Literal

import pytest
from pydantic import AliasChoices, Field, model_validator

import configuration
from configuration import frozen


@frozen
class Motor:
    """A group with a rule."""

    rate: float = Field(default=0.5, ge=0, le=1, description="How fast.")
    kind: Literal["slow", "fast"] = Field(default="slow", description="Which.")
    turns: int = Field(
        default=3, ge=1, le=9, validation_alias=AliasChoices("turns", "rounds"), description="Many."
    )

    @model_validator(mode="after")
    def _rules(self) -> "Motor":
        if self.kind == "slow" and self.turns > 5:
            raise ValueError("kind='slow' has at most 5 turns")
        return self


@frozen
class Machine:
    """A configuration with a group."""

    motor: Motor = Field(default_factory=Motor)
    sizes: tuple[Annotated[int, Field(ge=2)], ...] = Field(default=(2, 4), description="Sides.")
    name: str | None = Field(default=None, description="Of it.")

    @model_validator(mode="after")
    def _rules(self) -> "Machine":
        if self.name and not self.sizes:
            raise ValueError("name needs sizes")
        return self


@dataclass(frozen=True)
class Plain:
    """A configuration of the standard library."""

    part: Motor = field(default_factory=Motor)
    other: Motor = field(default_factory=Motor)
    size: int = 1

    def __post_init__(self) -> None:
        if self.size < 1:
            raise ValueError("size must be at least 1")


def fault(config: object, **changes: object) -> list[str]:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the text is compared
        configuration.changed(config, changes)
    assert "\n" not in str(caught.value)
    return str(caught.value).split("; ")


def test_fields_of_groups_have_whole_names() -> None:
    assert configuration.field_types(Machine()) == {
        "motor.rate": float, "motor.kind": Literal["slow", "fast"], "motor.turns": int,
        "sizes": tuple[int, ...], "name": str | None,
    }  # fmt: skip


def test_values_are_changed_by_whole_short_and_former_names() -> None:
    found = configuration.changed(Machine(), {"motor.rate": 1, "rounds": 4, "sizes": [8]})
    assert found == Machine(motor=Motor(rate=1.0, turns=4), sizes=(8,))
    assert configuration.changed(found, {"motor": {"rate": 0.2}}).motor == Motor(0.2, "slow", 4)
    assert configuration.changed(found, {"motor": Motor()}).motor == Motor()
    assert found == dataclasses.replace(found)


def test_every_fault_is_named_and_rules_among_them() -> None:
    assert fault(Machine(), rate=2, knd="x", turns="few", sizes=(1,), motor={"weight": 3}) == [
        "knd is unknown, the nearest is motor.kind",
        "motor.rate must lie in 0..1, not 2",
        "motor.turns must be a valid integer, unable to parse string as an integer, not 'few'",
        "motor.weight is unknown, the nearest is rate",
        "sizes[0] must be greater than or equal to 2, not 1",
    ]
    assert fault(Machine(), rate=2, turns=6) == [
        "motor.rate must lie in 0..1, not 2", "kind='slow' has at most 5 turns",
    ]  # fmt: skip
    assert fault(Machine(), turns=6, name="x", sizes=()) == [
        "kind='slow' has at most 5 turns", "name needs sizes",
    ]  # fmt: skip
    assert fault(Machine(), kind="loud") == ["motor.kind must be 'slow' or 'fast', not 'loud'"]


def test_a_faulty_object_names_its_faults_when_it_is_made() -> None:
    with pytest.raises(ValueError, match=r"^rate must lie in 0\.\.1, not 3; kind must be"):
        Motor(3, kind="loud")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="speed is unknown, the nearest is"):
        Motor(speed=1)  # type: ignore[call-arg]
    with pytest.raises(dataclasses.FrozenInstanceError):
        Motor().rate = 1  # type: ignore[misc]


def test_dataclasses_without_pydantic_are_changed_too() -> None:
    found = configuration.changed(Plain(), {"other.rate": 1, "size": 2})
    assert found == Plain(other=Motor(rate=1.0), size=2)
    assert fault(Plain(), rate=1) == ["rate is ambiguous, write part.rate or other.rate"]
    assert fault(Plain(), size=0) == ["size must be at least 1"]


def test_recorded_values_are_known_flat_and_in_groups() -> None:
    wanted = {"motor.rate": 1, "motor.turns": 2, "name": "x"}
    assert configuration.known(Machine(), {"rate": 1, "rounds": 2, "name": "x", "old": 0}) == wanted
    grouped = {"motor": {"rate": 1, "turns": 2, "gone": 3}, "name": "x"}
    assert configuration.known(Machine(), grouped) == wanted


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("0.5", float, 0.5), ("7", int, 7), ("true", bool, True), ("5", str | None, "5"),
        ("null", str | None, None), ("1,2", tuple[int, ...], (1, 2)), ("", tuple[int, ...], ()),
        ("[1, 2]", tuple[int, ...], (1, 2)), ("a,b", tuple[str, ...], ("a", "b")),
    ],
)  # fmt: skip
def test_text_is_read_by_the_type(text: str, kind: type, value: object) -> None:
    assert configuration.read(text, kind) == value


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("maybe", bool, "must be a valid boolean"), ("fast", float, "must be a valid number"),
        ("[1", tuple[int, ...], "Expecting"), ("a", tuple[int, ...], "must be a valid integer"),
        ("x", object.__class__, "must be a"), ("x", pytest.Item, "cannot be given as text"),
    ],
)  # fmt: skip
def test_other_text_is_refused(text: str, kind: type, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        configuration.read(text, kind)
