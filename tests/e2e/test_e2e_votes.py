"""Masks from elsewhere join a blend."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from tests.e2e.conftest import Call


def test_perfect_votes_win_the_blend_and_become_the_submission(
    call: Call, synthetic: Path, home: Path
) -> None:
    where = ("--data", synthetic, "--home", home, "--json")
    files = synthetic / "train-rle.csv", synthetic / "test-truth.csv"
    made = call("votes", *files, "--name", "oracle", "--folds", 3, *where).json
    assert made["run"].startswith("votes-oracle-")
    assert (made["auc"], made["score"]) == (1.0, 1.0)
    again = call("votes", *files, "--name", "oracle", "--folds", 3, *where).json
    assert again == made
    blend = call("blend", made["run"], "--name", "votes", *where).json
    assert blend["score_honest"] == 1.0
    sent = call("submit", "--blend", "votes", "--dry-run", *where).json
    scored = call("score", sent["path"], "--truth", files[1], "--json").json
    assert scored["score"] == 1.0
    assert call("predict", made["run"], *where).json["images"] == 12
    both = call("blend", made["run"], "unet_tiny", "--name", "with", *where).json
    assert both["weights"][made["run"]] >= 0.5


def test_what_the_files_lack_is_said_at_once(
    refused: Callable[..., str], synthetic: Path, home: Path, tmp_path: Path
) -> None:
    for name, kept in (("train-rle.csv", 40), ("test-truth.csv", 10)):
        table = pd.read_csv(synthetic / name, dtype=str)
        ids = table.iloc[:, 0].unique()[:kept]
        table[table.iloc[:, 0].isin(ids)].to_csv(tmp_path / name, index=False)
    files = tmp_path / "train-rle.csv", tmp_path / "test-truth.csv"
    said = refused("votes", *files, "--data", synthetic, "--home", home)
    assert "train-rle.csv lacks 8 of 48 images" in said
    assert "test-truth.csv lacks 2 of 12 images" in said
