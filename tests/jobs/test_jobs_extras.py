"""Extras: what is missing is named with the command that installs it; nothing is undeclared."""

import ast
import pickle
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

import jobs

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
OWN = {path.name for path in (ROOT / "packages").iterdir()} | {"competitions", "tools"}
HOMES = {"packages/segmenters/": ("networks", "onnx"), "packages/jobs/cluster/": ("dask",)}
"""Folders whose modules may import the libraries of these extras."""
BROUGHT_ALONG = {
    "pydantic-core": "pydantic", "werkzeug": "flask", "markupsafe": "jinja2", "click": "typer",
    "requests": "kaggle", "urllib3": "kaggle", "cloudpickle": "dask", "tornado": "dask",
}  # fmt: skip
"""Libraries that are imported as parts of the interface of a declared one."""


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def declared(extra: str = "") -> set[str]:
    """Return the distributions of an extra, or those of the base; "a[b]" stands for a and b."""
    lines = PROJECT["optional-dependencies"][extra] if extra else PROJECT["dependencies"]
    names = [re.match(r"[\w.\[-]+", line) for line in lines]
    return {normal(part) for name in names if name for part in name[0].split("[")}


def test_a_missing_library_is_named_with_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    jobs.require("dask")
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert jobs.missing("dask") == ["distributed"]
    with pytest.raises(jobs.NotInstalled) as refused:
        jobs.require("dask")
    assert str(refused.value) == (
        'the extra "dask" is not installed (distributed missing): '
        'pip install "pneumothorax-lab[dask]"'
    )
    assert isinstance(refused.value, jobs.UserError)
    assert refused.value.name == "distributed"
    assert str(pickle.loads(pickle.dumps(refused.value))) == str(refused.value)


def test_an_environment_without_pip_names_that_of_uv(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pip", None)
    uv = f'uv pip install --python "{sys.prefix}" "pneumothorax-lab[onnx]"'
    assert jobs.install_command("onnx") == uv


def test_versions_name_what_is_installed() -> None:
    python = f"Python {'.'.join(map(str, sys.version_info[:3]))}"
    assert re.fullmatch(rf"{python}, numpy [\d.]+", jobs.versions(["numpy", "no-such-thing"]))


def test_the_extras_are_those_of_the_project() -> None:
    known = packages_distributions()
    for extra, modules in jobs.EXTRAS.items():
        named = {normal(known[name][0]) if name in known else name for name in modules}
        assert named == declared(extra)
    assert set(jobs.EXTRAS) | {"dev", "docs"} == set(PROJECT["optional-dependencies"])
    assert not declared() & set.union(*map(declared, jobs.EXTRAS))


def imports(path: Path) -> set[str]:
    """Return the top-level names that a module imports, anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.partition(".")[0])
    return found - OWN - set(sys.stdlib_module_names)


@pytest.mark.parametrize("package", sorted(OWN))
def test_every_import_is_declared_where_it_is_needed(package: str) -> None:
    folder = next(p for p in (ROOT / "packages" / package, ROOT / package) if p.exists())
    known, faults = packages_distributions(), []
    for path in folder.rglob("*.py"):
        place = path.relative_to(ROOT).as_posix()
        extras = [extra for home in HOMES if place.startswith(home) for extra in HOMES[home]]
        allowed = set.union(declared(), *map(declared, extras))
        for name in imports(path):
            names = {normal(one) for one in known.get(name, [name])}
            if not {BROUGHT_ALONG.get(one, one) for one in names} & allowed:
                faults.append(f"{place} imports {name}")
    assert faults == []
