"""Downloads: verified, resumed, whole or not at all."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import jobs
import kagglegate
from kagglegate import Client, standin

SLUG = "stand-in"


def contents(folder: Path) -> dict[str, bytes]:
    """Return name -> bytes of everything but the manifest."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in files
        if path.name != ".kagglegate.json"
    }


def test_download_is_the_data(
    client: Client, server: standin.Server, data: Path, tmp_path: Path
) -> None:
    calls = []
    made = client.download_competition(SLUG, tmp_path / "out" / "raw", lambda *a: calls.append(a))
    assert contents(made.path) == contents(data)
    assert (made.files, made.fresh) == (6, True)
    assert made.bytes == sum(map(len, contents(data).values()))
    assert server.count("ListDataFiles") == 2
    assert calls[-1][:3] == ("unpacking archive.zip", 6, 6)
    (last,) = [call for call in calls if call[0].startswith("down") and call[1] == call[2]]
    assert last[3]["MB/s"] > 0
    assert {p.name for p in (tmp_path / "out").iterdir()} <= {"raw", ".raw.lock"}


def test_second_download_asks_nothing(
    client: Client, server: standin.Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = client.download_competition(SLUG, tmp_path / "raw")
    asked = len(server.requests)
    monkeypatch.delenv("KAGGLE_API_TOKEN")
    second = Client().download_competition(SLUG, tmp_path / "raw")
    assert len(server.requests) == asked
    assert (second.files, second.bytes, second.fresh) == (first.files, first.bytes, False)


def test_dataset(client: Client, data: Path, tmp_path: Path) -> None:
    made = client.download_dataset("stand-in/data", tmp_path / "raw")
    assert contents(made.path) == contents(data)


def test_dataset_names(client: Client, tmp_path: Path) -> None:
    for name in ("data", "", "/", "a/", "/b", "a/b/c", "a b/c", "a/b\n", "é/b", "../b", "x" * 9999):
        with pytest.raises(kagglegate.NotFound, match="give owner/slug") as caught:
            client.download_dataset(name, tmp_path / "raw")
        assert str(caught.value).isprintable()
        assert len(str(caught.value)) < 400
    with pytest.raises(kagglegate.RulesNotAccepted, match="may be private"):
        client.download_dataset("some/other", tmp_path / "raw")


def test_truncated_download_is_continued(
    client: Client, server: standin.Server, data: Path, tmp_path: Path
) -> None:
    server.fail("storage", "truncate")
    made = client.download_competition(SLUG, tmp_path / "raw")
    assert contents(made.path) == contents(data)
    ranges = [seen.range for seen in server.requests if seen.where == "storage"]
    assert [bool(one) for one in ranges] == [False, False, True]


def test_continued_after_the_process_ended(
    client: Client, server: standin.Server, data: Path, tmp_path: Path
) -> None:
    server.fail("storage", "truncate", times=2)
    client.retries = 0
    with pytest.raises(kagglegate.Unreachable):
        client.download_competition(SLUG, tmp_path / "raw")
    assert not (tmp_path / "raw").exists()
    server.site.faults.clear()
    assert contents(client.download_competition(SLUG, tmp_path / "raw").path) == contents(data)
    assert server.requests[-1].range.startswith("bytes=")
    assert server.requests[-1].authorization == "", "credentials went to the storage host"


def test_part_of_another_file_is_not_continued(
    client: Client, server: standin.Server, data: Path, tmp_path: Path
) -> None:
    area = tmp_path / ".raw.download"
    area.mkdir()
    (area / "archive.zip").write_bytes(b"something else")
    (area / "identity.json").write_text(json.dumps({"validator": '"old"', "size": 99}))
    assert contents(client.download_competition(SLUG, tmp_path / "raw").path) == contents(data)
    assert all(not seen.range for seen in server.requests)


def test_bad_resumed_archive_is_fetched_in_one_piece(
    client: Client, server: standin.Server, data: Path, tmp_path: Path
) -> None:
    """Right size, wrong bytes: what the official client's own resume can leave."""
    server.fail("storage", "truncate", times=2)
    client.retries = 0
    with pytest.raises(kagglegate.Unreachable):
        client.download_competition(SLUG, tmp_path / "raw")
    server.site.faults.clear()
    part = tmp_path / ".raw.download" / "archive.zip"
    part.write_bytes(bytes(part.stat().st_size))
    assert contents(client.download_competition(SLUG, tmp_path / "raw").path) == contents(data)


def test_refused_resume_starts_over(
    client: Client, server: standin.Server, data: Path, tmp_path: Path
) -> None:
    server.fail("storage", "truncate")
    client.retries = 0
    with pytest.raises(kagglegate.Unreachable):
        client.download_competition(SLUG, tmp_path / "raw")
    real = server.site.fault
    server.site.fault = lambda where: (  # type: ignore[method-assign]
        standin.Fault("storage", "403")
        if where == "storage" and len(server.requests) and server.requests[-1].range
        else real(where)
    )
    assert contents(client.download_competition(SLUG, tmp_path / "raw").path) == contents(data)


@pytest.mark.parametrize("kind", ["corrupt", "html", "403", "500"])
def test_bad_download_leaves_nothing(
    client: Client, server: standin.Server, tmp_path: Path, kind: str
) -> None:
    server.fail("storage", kind, times=None)
    with pytest.raises(kagglegate.KaggleError):
        client.download_competition(SLUG, tmp_path / "raw")
    assert not (tmp_path / "raw").exists()


def test_differs_from_the_listing(
    client: Client, server: standin.Server, data: Path, tmp_path: Path
) -> None:
    server.site.listing = {"truth.csv": 1, "gone.dcm": 3}
    with pytest.raises(kagglegate.Incomplete, match=r"truth\.csv, gone\.dcm"):
        client.download_competition(SLUG, tmp_path / "raw")
    assert not (tmp_path / "raw").exists()


def test_escaping_archive(
    client: Client, server: standin.Server, zipped: Callable[..., Path], tmp_path: Path
) -> None:
    server.site.data = zipped({"../evil.txt": b"x", "ok.txt": b"y"})
    with pytest.raises(kagglegate.UnsafeArchive, match=r"\.\./evil\.txt"):
        client.download_competition(SLUG, tmp_path / "out" / "raw")
    assert not list(tmp_path.rglob("evil.txt"))
    assert not list(tmp_path.rglob("ok.txt"))


def test_second_bad_archive_is_removed_too(
    client: Client, server: standin.Server, tmp_path: Path
) -> None:
    server.site.listing = {"truth.csv": 1}
    server.fail("storage", "truncate")  # so that the first archive is a resumed one
    with pytest.raises(kagglegate.Incomplete, match=r"truth\.csv"):
        client.download_competition(SLUG, tmp_path / "raw")
    ranges = [bool(seen.range) for seen in server.requests if seen.where == "storage"]
    assert ranges == [False, False, True, False]
    assert not (tmp_path / ".raw.download").exists()


def test_full_disk_keeps_the_archive(
    client: Client, server: standin.Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = type("Usage", (), {"free": 0})
    with monkeypatch.context() as patch:
        patch.setattr("kagglegate.archives.unpack.shutil.disk_usage", lambda _: full)
        with pytest.raises(jobs.DiskFull, match=r"free some space.*archive is kept"):
            client.download_competition(SLUG, tmp_path / "raw")
    archive = tmp_path / ".raw.download" / "archive.zip"
    kept = archive.stat().st_mtime_ns, archive.stat().st_size
    assert kept[1] == server.site.archive().stat().st_size
    server.fail("storage", "truncate", times=None)  # nothing of a body is read any more
    assert client.download_competition(SLUG, tmp_path / "raw").files == 6
    assert not archive.exists()


def test_interruption_keeps_what_came(
    client: Client, server: standin.Server, data: Path, tmp_path: Path
) -> None:
    """Ctrl-C in the middle of the body, and once more while unpacking."""
    for label in ("downloading", "unpacking"):

        def interrupt(now: str, done: int, *_: object, label: str = label) -> None:
            if now.startswith(label) and done:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            client.download_competition(SLUG, tmp_path / "raw", interrupt)
        assert not (tmp_path / "raw").exists()
    assert contents(client.download_competition(SLUG, tmp_path / "raw").path) == contents(data)
    assert any(seen.range for seen in server.requests), "what came was not fetched again"
    assert not (tmp_path / ".raw.download").exists()


def test_folder_of_others_is_left_alone(client: Client, tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "mine.txt").write_text("mine")
    with pytest.raises(kagglegate.DataError, match="not empty"):
        client.download_competition(SLUG, tmp_path / "raw")
    assert (tmp_path / "raw" / "mine.txt").read_text() == "mine"


def test_lost_files_are_noticed(client: Client, tmp_path: Path) -> None:
    client.download_competition(SLUG, tmp_path / "raw")
    (tmp_path / "raw" / "truth.csv").unlink()
    with pytest.raises(kagglegate.Incomplete, match=r"truth\.csv.*delete the folder"):
        client.download_competition(SLUG, tmp_path / "raw")


def test_empty_folder_may_be_there(client: Client, tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    assert client.download_competition(SLUG, tmp_path / "raw").files == 6
