"""The notebook of a bundle, and the metadata files of Kaggle's command-line client.

It is a notebook instead of a script, because code competitions require notebooks.
"""

import json
import re
from pathlib import Path
from typing import Any

import jobs

NOTEBOOK = "submission.ipynb"
OWNER = "INSERT_USERNAME"
"""Placeholder for the name of the account."""

DATASET_METADATA, KERNEL_METADATA = "dataset-metadata.json", "kernel-metadata.json"
GPU_MACHINE = "NvidiaTeslaT4"
"""Kaggle's name of the machine with two GPUs T4; it has retired NvidiaTeslaP100."""

LONGEST_SLUG = 50  # maximum length of a data set's name at Kaggle


def slug_of(competition: str, blend: str) -> str:
    """Return a name that is valid at Kaggle as name and title of a data set and a notebook.

    A digest replaces what is too long or not in the alphabet, so that different blends have
    different names.
    """
    whole = f"{blend} on {competition}"
    plain = re.sub(r"[^a-z0-9]+", "-", whole.lower()).strip("-")
    if whole.isascii() and len(plain) <= LONGEST_SLUG:
        return plain
    sign = jobs.digest(whole)[:6]
    return f"{plain[: LONGEST_SLUG - len(sign) - 1].strip('-')}-{sign}".strip("-")


def write_notebook(folder: Path) -> None:
    """Write the notebook, nbformat 4.4, with the script in a single cell."""
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


def write_metadata(dataset: Path, kernel: Path, name: str, competition: str, machine: str) -> None:
    """Write the metadata of a private data set, and of an offline notebook that uses it.

    Args:
        dataset: folder of the data set.
        kernel: folder of the notebook.
        name: name of both, see `slug_of`.
        competition: name of the competition at Kaggle.
        machine: Kaggle's name of the machine, such as `GPU_MACHINE`; "" for no accelerator.
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
        "enable_gpu": machine.startswith("Nvidia"),
        "enable_tpu": machine.startswith("Tpu"),
        "machine_shape": machine,
        "enable_internet": False,
        "competition_sources": [competition],
        "dataset_sources": [ref],
        "kernel_sources": [],
        "model_sources": [],
    }
    jobs.write_json(kernel / KERNEL_METADATA, about)


def write_owner(dataset: Path, kernel: Path, account: str) -> None:
    """Replace the placeholder in the metadata by the account's name."""
    for path in (dataset / DATASET_METADATA, kernel / KERNEL_METADATA):
        text = path.read_text(encoding="utf-8")
        if OWNER in text:
            jobs.write_text(path, text.replace(OWNER, account))
