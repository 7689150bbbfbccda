"""docs/quickstart.ipynb runs from top to bottom, and shows tables and pictures."""

from pathlib import Path

import nbclient
import nbformat
import pytest

PATH = Path(__file__).parents[1] / "docs" / "quickstart.ipynb"


def test_the_notebook_is_kept_without_output() -> None:
    notebook = nbformat.read(PATH, 4)
    nbformat.validate(notebook)
    assert all(not cell.get("outputs") for cell in notebook.cells)


@pytest.mark.slow
def test_the_notebook_runs_and_shows_tables_and_pictures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    notebook = nbformat.read(PATH, 4)
    client = nbclient.NotebookClient(
        notebook, timeout=600, resources={"metadata": {"path": str(tmp_path)}}
    )
    client.execute()
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    shown = [set().union(*(one.get("data", {}) for one in cell.outputs)) for cell in code]
    assert sum("text/html" in kinds for kinds in shown) >= 10
    assert sum("image/png" in kinds for kinds in shown) == 2
    sent = next(cell for cell in code if "leaderboard" in cell.source)
    assert "public score" in sent.outputs[-1]["data"]["text/html"]
