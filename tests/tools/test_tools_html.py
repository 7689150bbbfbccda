"""Results as HTML for notebooks; progress in one line."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from tools.notebook import Line, Picture
from tools.usecases.context.html import Html


@dataclass(frozen=True)
class Made(Html):
    score: float = 0.5
    name: str = "<b>bold</b>"
    nothing: str | None = None
    picture: Path | None = None
    rows: list[dict[str, Any]] = field(default_factory=list)
    secret: str = "x"

    not_shown = ("secret",)


def test_values_are_a_table_and_rows_another(tmp_path: Path) -> None:
    picture = tmp_path / "a.png"
    cv2.imwrite(str(picture), np.zeros((2, 2), np.uint8))
    html = Made(picture=picture, rows=[{"a b": 1.23456, "c": "<i>"}])._repr_html_()
    assert "0.5000" in html
    assert "&lt;b&gt;" in html
    assert "<b>bold" not in html
    assert "&lt;i&gt;" in html
    assert "1.2346" in html
    assert "nothing" not in html
    assert "secret" not in html
    assert "data:image/png;base64," in html


def test_an_empty_list_and_a_missing_picture_are_text(tmp_path: Path) -> None:
    html = Made(picture=tmp_path / "none.png")._repr_html_()
    assert "none.png" in html
    assert "<img" not in html


def test_progress_is_written_over_and_ends_with_its_last_step(
    capsys: pytest.CaptureFixture[str],
) -> None:
    line = Line(every=60)
    for done in range(1, 4):
        line.report("train", done, 3, {"loss": 0.5})
    out = capsys.readouterr().out
    assert out.count("\r") == 2, "the first and the last step"
    assert out.endswith("\n")
    assert "train 3/3  loss 0.5" in out


def test_a_picture_is_shown_as_png() -> None:
    assert Picture(b"png")._repr_png_() == b"png"
