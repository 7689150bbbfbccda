"""The notebook file and the names that Kaggle takes."""

import json
import re
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from slugify import slugify

from notebooks._notebook import slug_of, write_notebook


def test_the_notebook_is_one_cell_of_code(tmp_path: Path) -> None:
    write_notebook(tmp_path)
    notebook = json.loads((tmp_path / "submission.ipynb").read_text())
    assert notebook["nbformat"] == 4
    (cell,) = notebook["cells"]
    compile("".join(cell["source"]), "cell", "exec")


@given(st.text(max_size=80))
def test_a_slug_is_one_that_kaggle_keeps(blend: str) -> None:
    slug = slug_of("siim_acr_pneumothorax", blend)
    assert re.fullmatch(r"[a-z0-9][a-z0-9-]{4,48}[a-z0-9]", slug)
    assert slugify(slug) == slug


def test_different_blends_have_different_names_at_kaggle() -> None:
    long = "a blend with a name that is longer than all that Kaggle takes"
    names = ["日本", "中国", "é", "è", f"{long} 1", f"{long} 2", "both"]
    slugs = [slug_of("siim_acr_pneumothorax", name) for name in names]
    assert len(set(slugs)) == len(names)
    assert slugs[-1] == "both-on-siim-acr-pneumothorax"
