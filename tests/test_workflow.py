"""The workflow, the templates and the citation file are what GitHub reads."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
GITHUB = ROOT / ".github"
FORMS = sorted(
    path for path in (GITHUB / "ISSUE_TEMPLATE").glob("*.yml") if path.name != "config.yml"
)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def commands() -> dict[str, list[str]]:
    jobs = read(GITHUB / "workflows" / "check.yml")["jobs"]
    return {
        name: [step["run"] for step in job["steps"] if "run" in step] for name, job in jobs.items()
    }


def test_the_workflow_runs_what_the_check_runs() -> None:
    targets = re.findall(r"^make ([a-z-]+)$", (ROOT / ".ci" / "run").read_text(), re.MULTILINE)
    assert targets
    assert commands() == {target: [f"make {target} PYTHON=python"] for target in targets}


def test_actions_have_a_major_version_and_read_only() -> None:
    workflow = read(GITHUB / "workflows" / "check.yml")
    used = [step["uses"] for job in workflow["jobs"].values() for step in job["steps"]
            if "uses" in step]  # fmt: skip
    assert used
    assert all(re.fullmatch(r"actions/[a-z-]+@v\d+", one) for one in used)
    assert workflow["permissions"] == {"contents": "read"}


def test_the_fast_tests_run_on_every_python_from_the_oldest() -> None:
    job = read(GITHUB / "workflows" / "check.yml")["jobs"]["test"]
    pythons = job["strategy"]["matrix"]["python"]
    assert f">={pythons[0]}" == PROJECT["requires-python"]
    assert pythons == [f"3.{minor}" for minor in range(11, 11 + len(pythons))]


@pytest.mark.parametrize("path", FORMS)
def test_an_issue_form_has_what_github_asks_for(path: Path) -> None:
    form = read(path)
    assert form.keys() >= {"name", "description", "body"}
    names = [field["id"] for field in form["body"]]
    assert len(names) == len(set(names))
    kinds = {"textarea", "input", "dropdown", "checkboxes"}
    assert all(field["type"] in kinds and field["attributes"]["label"] for field in form["body"])


def test_dependabot_watches_both_kinds_of_dependencies() -> None:
    updates = read(GITHUB / "dependabot.yml")["updates"]
    assert {one["package-ecosystem"] for one in updates} == {"pip", "github-actions"}


def test_the_citation_names_this_project() -> None:
    citation = read(ROOT / "CITATION.cff")
    assert citation.keys() >= {"cff-version", "message", "title", "authors"}
    assert (citation["title"], citation["license"]) == (PROJECT["name"], PROJECT["license"])


def test_the_files_that_contributors_are_sent_to_exist() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = re.findall(
        r"`((?:packages|tools|tests|competitions|docs|\.ci|\.github)/[\w./-]*)`", text
    )
    assert named
    missing = [one for one in named if "NAME" not in one and not (ROOT / one).exists()]
    assert missing == []
