"""One meaning per word: what was renamed to the field's term does not come back as a name."""

import dataclasses
import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = sorted(path.name for path in (ROOT / "packages").iterdir() if path.is_dir())

RETIRED = {
    "podium": "best_checkpoints",
    "ahead": "prefetch",
    "evidence": "level_counts",
    "judge": "nested_cv, scoring",
    "judged": "scored",
    "verdict": "outcome",
    "passes": "reading",
    "choosing": "blend_store",
    "sent": "submission_files",
    "agreement": "cv_vs_leaderboard",
    "doubles": "duplicates",
    "oddity": "header_checks",
    "oddities": "header_checks",
    "soft": "probability map",
    "cut": "threshold",
    "cuts": "thresholds",
    "finishing": "postprocess",
    "weighing": "weight_search",
    "team": "distributed",
    "views": "tta",
    "operating": "curves",
    "alarm": "false positive",
    "alarms": "false positives",
    "lesion": "object, positive",
    "lesions": "objects, positives",
    "utils": "a name that says the role",
    "helpers": "a name that says the role",
    "common": "a name that says the role",
}
CHEST = {"cxr", "competitions"}
"""Where a lesion is a lesion."""


def words(name: str) -> list[str]:
    """Return the words of a name in snake or camel case."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().strip("_").split("_")


def retired(name: str, package: str) -> list[str]:
    """Return the retired words in a name."""
    allowed = {"lesion", "lesions"} if package in CHEST else set()
    return [word for word in words(name) if word in RETIRED and word not in allowed]


def modules() -> Iterator[tuple[str, Path]]:
    """Yield package and path of every module and folder."""
    for folder in ("packages", "tools", "competitions"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            inside = path.relative_to(ROOT / folder)
            yield (inside.parts[0] if folder == "packages" else folder), path.relative_to(ROOT)


def public_names(package: str) -> Iterator[str]:
    """Yield exported names, their public attributes, fields and parameters."""
    module = importlib.import_module(package)
    for name in module.__all__:
        yield name
        value = getattr(module, name)
        members = [value]
        if inspect.isclass(value):
            own = {key: one for key, one in vars(value).items() if not key.startswith("_")}
            yield from own
            if dataclasses.is_dataclass(value):
                yield from (field.name for field in dataclasses.fields(value))
            members = list(own.values())
        for member in members:
            if inspect.isfunction(member):
                yield from inspect.signature(member).parameters


def test_no_module_has_a_retired_name() -> None:
    found = {
        str(path): retired(part, package)
        for package, path in modules()
        for part in path.with_suffix("").parts[1:]
        if retired(part, package)
    }
    assert found == {}


@pytest.mark.parametrize("package", PACKAGES)
def test_no_public_name_has_a_retired_word(package: str) -> None:
    found = {
        name: [RETIRED[word] for word in retired(name, package)]
        for name in public_names(package)
        if retired(name, package)
    }
    assert found == {}, "these names have a term of the field"


def test_words_of_names_are_told_apart() -> None:
    assert words("SoftMap") == ["soft", "map"]
    assert words("_best_cut") == ["best", "cut"]
    assert retired("lesion_area", "cxr") == []
    assert retired("lesion_area", "contest") == ["lesion"]
