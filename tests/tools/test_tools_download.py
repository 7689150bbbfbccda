"""`tools data download`: from Kaggle, from a mirror, or what is there already."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import contest
from kagglegate import standin
from tools.paths import Paths
from tools.usecases.context.workplace import NoData, Workplace
from tools.usecases.prepare import data

SPEC = contest.load("siim_acr_pneumothorax")


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """The competition's files, two images of them."""
    folder = tmp_path / "raw"
    for name in ("dicom-images-train/1/2/a.dcm", "dicom-images-test/3/4/b.dcm"):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_bytes(os.urandom(1000))
    for name in ("train-rle.csv", "sample_submission.csv"):
        (folder / name).write_text("ImageId,EncodedPixels\n")
    return folder


@pytest.fixture
def server(raw: Path) -> Iterator[standin.Server]:
    """Kaggle with these files, also as a mirror; the client of this process goes there."""
    site = standin.Site(SPEC.slug, data=raw, dataset="someone/siim")
    with standin.Server(site) as running, standin.connect(running):
        yield running


def place(tmp_path: Path, given: Path | None = None) -> Workplace:
    return Workplace(Paths(tmp_path / "home", given, tmp_path / "submissions"), SPEC.name)


@pytest.mark.parametrize("dataset", [None, "someone/siim"])
def test_it_is_fetched_once_and_described(
    tmp_path: Path, server: standin.Server, dataset: str | None
) -> None:
    got = data.download(place(tmp_path), dataset)
    assert (got.files, got.downloaded, got.described["lacks"]) == (4, True, [])
    assert got.path == tmp_path / "home" / "data" / SPEC.name
    assert "nested by study and series" in got.described["layout"]
    asked = len(server.requests)
    assert list(got.as_dict()) == [
        "path", "files", "bytes", "downloaded", *got.described
    ]  # fmt: skip
    again = data.download(place(tmp_path), dataset)
    assert again == replace(got, downloaded=False)
    assert len(server.requests) == asked


def test_it_goes_where_the_user_says(tmp_path: Path, server: standin.Server, raw: Path) -> None:
    got = data.download(place(tmp_path, tmp_path / "mine"))
    assert got.path == tmp_path / "mine"
    assert place(tmp_path, tmp_path / "mine").data == tmp_path / "mine"


def test_what_is_there_is_taken_without_asking_kaggle(
    tmp_path: Path, server: standin.Server, raw: Path
) -> None:
    """A folder, and the zip that `kaggle competitions download` leaves."""
    folder = data.download(place(tmp_path, raw))
    archive = Path(shutil.make_archive(str(tmp_path / "got" / SPEC.slug), "zip", raw))
    zipped = data.download(place(tmp_path, archive))
    assert (folder.files, zipped.files) == (4, 4)
    assert folder.downloaded is zipped.downloaded is False
    assert folder.described["layout"] == zipped.described["layout"]
    assert server.requests == []


def test_a_zip_that_is_not_there_is_no_folder_to_fill(
    tmp_path: Path, server: standin.Server
) -> None:
    with pytest.raises(NoData, match="give an existing zip file"):
        data.download(place(tmp_path, tmp_path / "siim.zip"))
    assert server.requests == []
