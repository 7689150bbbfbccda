"""The page of the images of any folder."""

from pathlib import Path

import cv2
import numpy as np
import pytest

import imagestack
import reporting
from reporting.page import render
from reporting.server.server import application


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "deep").mkdir()
    cv2.imwrite(str(tmp_path / "a.png"), np.full((20, 30), 90, np.uint8))
    cv2.imwrite(str(tmp_path / "deep" / "b.png"), np.full((40, 40), 200, np.uint8))
    (tmp_path / "torn.png").write_bytes((tmp_path / "a.png").read_bytes()[:40])
    return tmp_path


def test_it_shows_all_images_their_headers_and_the_faulty_files(folder: Path) -> None:
    page = reporting.folder_page(folder, imagestack.scan(folder))
    assert page.subtitle == "images: 2; files that cannot be used: 1"
    (section,) = page.sections
    assert section.tables[0].rows[0]["file"] == "torn.png"
    assert page.gallery is not None
    assert list(page.gallery.table.index) == ["a", "b"]
    assert list(page.gallery.table["width"]) == [30, 40]
    assert page.gallery.pictures.image("b", 16).shape == (16, 16)
    assert page.gallery.pictures.truth("a") is page.gallery.pictures.curves("a") is None
    assert "torn.png" in render.html(page, remote=True)


def test_it_is_served(folder: Path) -> None:
    page = reporting.folder_page(folder, imagestack.scan(folder))
    client = application(page, folder / "notes.csv").test_client()
    assert client.get("/images/1.webp?size=192").status_code == 200
    assert client.get("/maps/0.png").status_code == 204
    assert client.get("/outlines/0.json").json == {"truth": None, "prediction": None}
    assert client.put("/notes/0", json={"text": "odd"}).status_code == 200
    assert "odd" in (folder / "notes.csv").read_text()


def test_a_folder_without_faults_has_no_section(folder: Path) -> None:
    (folder / "torn.png").unlink()
    assert reporting.folder_page(folder, imagestack.scan(folder)).sections == []
