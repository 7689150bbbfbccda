"""Finding competitions and reading their competition.toml, all faults at once."""

import difflib
import importlib
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import jobs
import rlemask
from contest._errors import SpecError, UnknownCompetition
from contest.spec.metric import metric_of
from contest.spec.spec import Columns, Spec

HOME = "competitions"
FILE = "competition.toml"
PARTS = ("train_images", "test_images")
"""Required parts of the data; others are optional."""
KINDS = ("number", "text")
REMEDY = "correct the file"
MOST_SPLITS, GREATEST_SEED = 1000, 1_000_000_000
"""Limits of the folds, those of the command line."""


def names() -> list[str]:
    """Return the competitions: folders of the package `competitions` with a competition.toml."""
    return sorted(_folders())


def homes() -> list[Path]:
    """Return the folders of the package `competitions`: its own, and that of TOOLS_COMPETITIONS."""
    try:
        return [Path(place) for place in importlib.import_module(HOME).__path__]
    except ModuleNotFoundError:
        return []


def load(name: str) -> Spec:
    """Return the specification of the competition `name`.

    Raises:
        UnknownCompetition: lists the known names.
        SpecError: with all faults of its competition.toml, or of its metric.
    """
    known = _folders()
    if name not in known:
        raise UnknownCompetition(f"{name!r} is not a competition: {jobs.known_names(name, known)}")
    spec = parse((known[name] / FILE).read_bytes(), name)
    metric_of(spec)
    return spec


def parse(data: bytes, name: str) -> Spec:
    """Return the specification in the bytes of the competition.toml of competition `name`.

    Raises:
        SpecError: with all faults, each beginning with its key.
    """
    where = f"{HOME}/{name}/{FILE}"
    try:
        table = tomllib.loads(data.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SpecError(where, [f"it is not TOML ({error})"], REMEDY) from None
    reader = _Reader(table)
    spec = _spec(reader, name)
    faults = reader.faults or _disagreements(spec)
    if faults:
        raise SpecError(where, faults, REMEDY)
    return spec


def _folders() -> dict[str, Path]:
    """Return the folder of every competition; of two with one name, the one that is imported."""
    found: dict[str, Path] = {}
    for home in filter(Path.is_dir, homes()):
        for folder in home.iterdir():
            if folder.name.isidentifier() and (folder / FILE).is_file():
                found.setdefault(folder.name, folder)
    return found


def _spec(reader: "_Reader", name: str) -> Spec:
    columns = Columns(
        reader.text("columns.image_id"),
        reader.text("columns.rle"),
        reader.text("columns.group") if reader.has("columns.group") else "group",
    )
    spec = Spec(
        name=name,
        title=reader.text("title"),
        slug=reader.text("slug"),
        url=reader.text("url"),
        rules_url=reader.text("rules_url"),
        mirrors=reader.mirrors() if reader.has("mirrors") else (),
        data=reader.data(),
        columns=columns,
        facts=reader.facts(),
        bands=reader.bands(),
        shape=reader.shape("mask.shape"),
        dialect=reader.text("mask.dialect"),
        empty=reader.text("mask.empty", may_be_blank=True),
        metric=reader.text("plugins.metric"),
        metric_name=reader.text("metric_name"),
        metric_reference=reader.text("metric_reference"),
        prepare=reader.text("plugins.prepare"),
        experiments=reader.text("plugins.experiments"),
        demo=reader.texts("plugins.demo") if reader.has("plugins.demo") else (),
        daily_limit=reader.whole("submission.daily_limit", least=1),
        positive_share_tolerance=reader.share("submission.positive_share_tolerance"),
        n_splits=reader.whole("folds.n_splits", least=2, most=MOST_SPLITS),
        fold_seed=reader.whole("folds.seed", least=0, most=GREATEST_SEED),
        default=reader.flag("default") if reader.has("default") else False,
    )
    reader.refuse_unread()
    return spec


def _disagreements(spec: Spec) -> list[str]:
    """Return the faults that can be checked once every key has a valid value."""
    faults = []
    for key, plugin in (("metric", spec.metric), ("prepare", spec.prepare)):
        if plugin.count(":") != 1:
            faults.append(f"plugins.{key}: {plugin!r} is not module:function")
    try:
        empty = rlemask.encode(rlemask.parse("", spec.shape, spec.dialect), spec.dialect)
    except ValueError as error:
        return [*faults, f"mask.dialect: {error}"]
    if empty != spec.empty:
        faults.append(f"mask.empty: {spec.empty!r}, but dialect {spec.dialect} writes {empty!r}")
    return faults


class _Reader:
    """Reads the keys of a TOML table and collects their faults."""

    def __init__(self, table: Mapping[str, Any]) -> None:
        self.table = table
        self.faults: list[str] = []
        self._read: set[str] = set()

    def text(self, key: str, *, may_be_blank: bool = False) -> str:
        value = self._find(key, str, "a text")
        if value is not None and not value.strip() and not may_be_blank:
            self.faults.append(f"{key}: it is blank")
        return value or ""

    def texts(self, key: str) -> tuple[str, ...]:
        value = self._find(key, list, "a list of texts") or []
        if not value or any(not isinstance(one, str) or not one.strip() for one in value):
            self.faults.append(f"{key}: {value}, it must be texts")
        return tuple(map(str, value))

    def whole(self, key: str, *, least: int, most: int = 2**32 - 1) -> int:
        value = self._find(key, int, "a whole number")
        if value is not None and value < least:
            self.faults.append(f"{key}: {value}, it must be {least} or more")
        if value is not None and value > most:
            self.faults.append(f"{key}: {value}, it must be {most} or less")
        return value or 0

    def flag(self, key: str) -> bool:
        return bool(self._find(key, bool, "true or false"))

    def share(self, key: str) -> float:
        value = self._find(key, (int, float), "a number")
        if value is not None and not 0 <= value <= 1:
            self.faults.append(f"{key}: {value}, it must be in 0..1")
        return float(value or 0)

    def shape(self, key: str) -> tuple[int, int]:
        value = self._find(key, list, "a list")
        if value is None:
            return (1, 1)
        sound = len(value) == 2 and all(type(side) is int and side > 0 for side in value)
        if not sound:
            self.faults.append(f"{key}: {value}, it must be [height, width]")
        return tuple(value) if sound else (1, 1)

    def data(self) -> dict[str, tuple[str, ...]]:
        given = self.table.get("data")
        named = list(given) if isinstance(given, Mapping) else []
        return {part: self._paths(f"data.{part}") for part in dict.fromkeys([*PARTS, *named])}

    def mirrors(self) -> tuple[str, ...]:
        given = self._find("mirrors", list, "a list of owner/slug") or []
        for one in given:
            if not (isinstance(one, str) and re.fullmatch(r"[\w-]+/[\w-]+", one, re.ASCII)):
                self.faults.append(f"mirrors: {one!r} is not owner/slug")
        return tuple(str(one) for one in given)

    def facts(self) -> dict[str, str]:
        given = self._optional("facts")
        for name in given:
            kind = self.text(f"facts.{name}")
            if kind and kind not in KINDS:
                self.faults.append(f"facts.{name}: {kind!r} is not {' or '.join(KINDS)}")
        return {str(name): str(kind) for name, kind in given.items()}

    def bands(self) -> dict[str, tuple[int, ...]]:
        return {name: self._band(f"bands.{name}") for name in self._optional("bands")}

    def has(self, key: str) -> bool:
        """Return whether an optional key is present."""
        return self._value(key) is not None

    def refuse_unread(self) -> None:
        """Add unknown keys, mostly misspelt ones, to the faults."""
        for key in _leaves(self.table):
            if key not in self._read:
                likely = difflib.get_close_matches(key, self._read, n=1)
                hint = f", did you mean {likely[0]}?" if likely else ""
                self.faults.append(f"{key}: no such key{hint}")

    def _optional(self, key: str) -> Mapping[str, Any]:
        """Return a table that may be missing."""
        given = self.table.get(key, {})
        if isinstance(given, Mapping):
            return given
        self._read.add(key)
        self.faults.append(f"{key}: {given!r} is not a table")
        return {}

    def _band(self, key: str) -> tuple[int, ...]:
        edges = self._find(key, list, "a list of whole numbers") or []
        if not edges or any(type(edge) is not int for edge in edges) or edges != sorted(set(edges)):
            self.faults.append(f"{key}: {edges}, it must be ascending whole numbers")
            return (0,)
        return tuple(edges)

    def _paths(self, key: str) -> tuple[str, ...]:
        value = self._find(key, list, "a list of paths")
        if value is None:
            return ()
        for path in value:
            if not (isinstance(path, str) and path and _is_inside(path)):
                self.faults.append(f"{key}: {path!r} is not a path inside the data folder")
        if not value:
            self.faults.append(f"{key}: the list is empty")
        return tuple(str(path) for path in value)

    def _find(self, key: str, kind: type | tuple[type, ...], wanted: str) -> Any:
        self._read.add(key)
        value = self._value(key)
        if value is None:
            self.faults.append(f"{key}: it is missing")
        elif not isinstance(value, kind) or isinstance(value, bool) != (kind is bool):
            self.faults.append(f"{key}: {value!r} is not {wanted}")
        else:
            return value
        return None

    def _value(self, key: str) -> Any:
        value: Any = self.table
        for part in key.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        return value


def _is_inside(path: str) -> bool:
    parts = PurePosixPath(path)
    return not parts.is_absolute() and ".." not in parts.parts


def _leaves(table: Mapping[str, Any], prefix: str = "") -> list[str]:
    found: list[str] = []
    for key, value in table.items():
        found += _leaves(value, f"{prefix}{key}.") if isinstance(value, Mapping) else [prefix + key]
    return found
