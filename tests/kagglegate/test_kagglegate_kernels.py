"""The real client against the stand-in: a private data set, a notebook, its submission."""

import inspect
import json
import zipfile
from pathlib import Path

import pytest

import kagglegate
from kagglegate import Client, DataError, Kernel, KernelClient, Ledger, standin
from kagglegate.client.official import load

SLUG = "stand-in"
NAME = "standin/lungs-offline"


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """Return a folder with a data set of a file and a folder, and a notebook over it."""
    dataset, kernel = tmp_path / "bundle" / "dataset", tmp_path / "bundle" / "kernel"
    (dataset / "home" / "runs").mkdir(parents=True)
    kernel.mkdir()
    (dataset / "home" / "runs" / "weights").write_bytes(bytes(1000))
    (dataset / "list.txt").write_text("a\n")
    about = {"id": NAME, "title": "lungs-offline", "licenses": [{"name": "other"}]}
    (dataset / "dataset-metadata.json").write_text(json.dumps(about))
    cell = {"cell_type": "code", "metadata": {}, "outputs": [], "source": ["1 +\\\n", "1\n"]}
    notebook = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
    (kernel / "submission.ipynb").write_text(json.dumps(notebook))
    about |= {"code_file": "submission.ipynb", "language": "python", "kernel_type": "notebook"}
    about |= {"is_private": True, "enable_internet": False, "enable_gpu": True}
    about |= {"dataset_sources": [NAME], "competition_sources": [SLUG]}
    (kernel / "kernel-metadata.json").write_text(json.dumps(about))
    return tmp_path / "bundle"


@pytest.fixture
def kernel_client(server: standin.Server, client: Client) -> KernelClient:
    """Return a client that submits the first version of a notebook that is there."""
    server.site.kernels[NAME] = [{}]
    server.site.notebooks_only = True
    return KernelClient(Kernel(NAME, 1, ""), timeout=(2.0, 2.0), retries=1, pause=0.01)


@pytest.fixture
def named(tmp_path: Path) -> Path:
    """Return the file that names the version of a notebook in the ledger."""
    (tmp_path / "bundle").mkdir(exist_ok=True)
    path = tmp_path / "bundle" / "pushed.json"
    path.write_text('{"version": 1}')
    return path


@pytest.mark.parametrize(
    ("method", "parameters"),
    {
        "competition_submit_code": [
            "self", "file_name", "message", "competition", "kernel", "kernel_version", "quiet",
        ],
        "kernels_push": ["self", "folder", "timeout", "acc", "no_run"],
    }.items(),
)  # fmt: skip
def test_signatures_of_the_official_client(method: str, parameters: list[str]) -> None:
    assert list(inspect.signature(getattr(load().KaggleApi, method)).parameters) == parameters


def test_account(client: Client) -> None:
    assert kagglegate.account(client) == "standin"


def test_a_folder_becomes_a_private_dataset_then_a_new_version(
    client: Client, server: standin.Server, bundle: Path
) -> None:
    for _ in range(2):
        assert kagglegate.push_dataset(client, bundle / "dataset", "notes") == NAME
    assert server.site.datasets == {NAME: [["home.zip", "list.txt"]] * 2}
    assert (server.count("CreateDataset"), server.count("CreateDatasetVersion")) == (1, 1)
    uploads = sorted((server.site.folder / "uploads").glob("*.csv"))
    packed = [path for path in uploads if zipfile.is_zipfile(path)]
    assert {path.read_text() for path in uploads if path not in packed} == {"a\n"}
    with zipfile.ZipFile(packed[0]) as archive:
        assert archive.namelist() == ["runs/weights"]
        assert archive.read("runs/weights") == bytes(1000)


def test_a_dataset_is_private(
    client: Client, server: standin.Server, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kagglegate.standin import kernels

    bodies: list[dict[str, object]] = []
    key = ("datasets.DatasetApiService", "CreateDataset")
    real = kernels.KERNEL_METHODS[key]
    monkeypatch.setitem(
        kernels.KERNEL_METHODS, key, lambda call: bodies.append(call.body) or real(call)
    )
    kagglegate.push_dataset(client, bundle / "dataset", "notes")
    assert bodies[0]["isPrivate"] is True
    assert bodies[0]["licenseName"] == "other"


def test_nothing_is_made_of_a_broken_upload(
    client: Client, server: standin.Server, bundle: Path
) -> None:
    """The official client would leave the file out and make the data set without it."""
    server.fail("upload", "403", times=None)
    with pytest.raises(kagglegate.KaggleError):
        kagglegate.push_dataset(client, bundle / "dataset", "notes")
    assert server.site.datasets == {}
    server.site.faults.clear()
    server.fail("upload", "503")
    kagglegate.push_dataset(client, bundle / "dataset", "notes")
    assert server.site.datasets == {NAME: [["home.zip", "list.txt"]]}


def test_a_notebook_is_saved_offline_and_private_and_counted(
    client: Client, server: standin.Server, bundle: Path
) -> None:
    server.site.datasets[NAME] = [[]]
    first, second = (kagglegate.push_kernel(client, bundle / "kernel") for _ in range(2))
    assert (first.ref, first.version, second.version) == (NAME, 1, 2)
    assert first.url.endswith(NAME)
    saved = server.site.kernels[NAME][0]
    assert (saved["isPrivate"], saved["enableInternet"], saved["enableGpu"]) == (True, False, True)
    assert json.loads(str(saved["text"]))["cells"][0]["source"] == "1 +\\\n1\n"


@pytest.mark.parametrize(
    ("machine", "warning"),
    [
        ("NvidiaTeslaT4", ""),
        ("TpuV5E8", ""),
        ("NvidiaTeslaP100", "'NvidiaTeslaP100' is retired. Sessions run on the default GPU"),
    ],
)
def test_the_machine_of_a_notebook_is_asked_for_and_a_retired_one_is_told(
    client: Client, server: standin.Server, bundle: Path, caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str], machine: str, warning: str,
) -> None:  # fmt: skip
    path = bundle / "kernel" / "kernel-metadata.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"machine_shape": machine}))
    server.site.datasets[NAME] = [[]]
    kagglegate.push_kernel(client, bundle / "kernel")
    assert server.site.kernels[NAME][0]["machineShape"] == machine
    assert [warning in message for message in caplog.messages] == [True] * bool(warning)
    assert capfd.readouterr().err == ""


def test_unknown_inputs_of_a_notebook_are_named(client: Client, bundle: Path) -> None:
    with pytest.raises(kagglegate.KaggleError, match=f"without its inputs {NAME}, which"):
        kagglegate.push_kernel(client, bundle / "kernel")


@pytest.mark.parametrize("text", ["", "{}", '{"id": "lungs", "title": "t", "licenses": [1]}'])
def test_unusable_metadata_are_refused_before_anything_is_sent(
    client: Client, server: standin.Server, bundle: Path, text: str
) -> None:
    (bundle / "dataset" / "dataset-metadata.json").write_text(text)
    with pytest.raises(DataError, match=r"dataset-metadata\.json .*: build the bundle again"):
        kagglegate.push_dataset(client, bundle / "dataset", "notes")
    (bundle / "kernel" / "submission.ipynb").unlink()
    with pytest.raises(DataError, match="Source file not found"):
        kagglegate.push_kernel(client, bundle / "kernel")
    assert {seen.where for seen in server.requests} <= {"IntrospectToken"}


def test_status(client: Client, server: standin.Server) -> None:
    with pytest.raises(kagglegate.RulesNotAccepted, match=NAME):
        kagglegate.kernel_status(client, NAME)
    server.site.kernels[NAME] = [{}]
    for said, state in (("RUNNING", "running"), ("COMPLETE", "complete"), ("ERROR", "error")):
        server.site.kernel_status = said
        assert kagglegate.kernel_status(client, NAME).state == state
    assert kagglegate.kernel_status(client, NAME).failure == "the stand-in is configured to fail"


def test_a_version_is_delivered_scored_recorded_and_not_sent_twice(
    kernel_client: KernelClient, server: standin.Server, csv: Path, named: Path, ledger: Ledger
) -> None:
    server.site.kernel_output = csv
    for _ in range(2):
        entry = kagglegate.deliver(kernel_client, ledger, named, SLUG, "first", wait=True)
        assert (entry.state, entry.file) == ("complete", "bundle/pushed.json")
        assert entry.public_score is not None
    assert len(server.site.posted) == 1
    assert server.site.posted[0].file.read_bytes() == csv.read_bytes()
    with pytest.raises(kagglegate.NotebooksOnly):
        Client.submit(kernel_client, csv, "as a file", SLUG)


def test_a_lost_reply_is_looked_up_and_nothing_sent_again(
    kernel_client: KernelClient, server: standin.Server, csv: Path, named: Path
) -> None:
    server.site.kernel_output = csv
    kernel_client.kernel = Kernel(NAME, 1, "", "submission.parquet")
    server.fail("CreateCodeSubmission", "lost")
    assert not kernel_client.uploaded
    assert kernel_client.submit(named, "m", SLUG).ref == server.site.posted[0].ref
    assert server.count("CreateCodeSubmission") == 1
    assert server.site.posted[0].file_name == "submission.parquet"
    assert kernel_client.uploaded, "an interruption would have left the ledger failed"


def test_a_refused_version_fails_in_the_ledger(
    kernel_client: KernelClient, server: standin.Server, named: Path, ledger: Ledger
) -> None:
    with pytest.raises(kagglegate.SubmissionRefused, match="no notebook output to submit"):
        kagglegate.deliver(kernel_client, ledger, named, SLUG, "m")
    assert [entry.state for entry in ledger.entries()] == ["failed"]
    server.site.kernel_output = named
    kernel_client.kernel = Kernel(NAME, 2, "")
    with pytest.raises(kagglegate.NotFound):
        kernel_client.submit(named, "m", SLUG)
