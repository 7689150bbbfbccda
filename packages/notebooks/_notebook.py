"""The notebook of a bundle and the two metadata files that Kaggle's own client reads too.

A notebook and no script, as the competitions that want code say that they take notebooks.
"""

import json
import re
from pathlib import Path
from typing import Any

import jobs

NOTEBOOK = "submission.ipynb"
OWNER = "INSERT_USERNAME"
"""Stands for the account until it is known."""

DATASET_METADATA, KERNEL_METADATA = "dataset-metadata.json", "kernel-metadata.json"
LONGEST_SLUG = 50  # of a data set at Kaggle


def slug_of(competition: str, blend: str) -> str:
    """Return a name that Kaggle takes for a data set and for a notebook with it as its title."""
    plain = re.sub(r"[^a-z0-9]+", "-", f"{blend} on {competition}".lower())
    return plain.strip("-")[:LONGEST_SLUG].strip("-")


def write_notebook(folder: Path) -> None:
    """Write the notebook, in nbformat 4.4: one cell with the script."""
    script = Path(__file__).with_name("_script.py").read_text(encoding="utf-8")
    code: dict[str, Any] = {"cell_type": "code", "execution_count": None, "metadata": {}}
    lines = script.splitlines(keepends=True)
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook = {
        "cells": [code | {"outputs": [], "source": lines}],
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 4,
    }
    jobs.write_text(folder / NOTEBOOK, json.dumps(notebook, indent=1) + "\n")


def write_metadata(dataset: Path, kernel: Path, name: str, competition: str, *, gpu: bool) -> None:
    """Write the metadata of a private data set and of a notebook that reads it, offline.

    Args:
        name: of both, see `slug_of`.
        competition: the slug of the competition at Kaggle.
    """
    ref = f"{OWNER}/{name}"
    names = {"id": ref, "title": name}
    jobs.write_json(dataset / DATASET_METADATA, {**names, "licenses": [{"name": "other"}]})
    about = {
        **names,
        "code_file": NOTEBOOK,
        "language": "python",
        "kernel_type": "notebook",
        "is_private": True,
        "enable_gpu": gpu,
        "enable_internet": False,
        "competition_sources": [competition],
        "dataset_sources": [ref],
        "kernel_sources": [],
        "model_sources": [],
    }
    jobs.write_json(kernel / KERNEL_METADATA, about)


def write_owner(dataset: Path, kernel: Path, account: str) -> None:
    """Put the account's name into the metadata, where `write_metadata` could not know it."""
    for path in (dataset / DATASET_METADATA, kernel / KERNEL_METADATA):
        text = path.read_text(encoding="utf-8")
        if OWNER in text:
            jobs.write_text(path, text.replace(OWNER, account))
