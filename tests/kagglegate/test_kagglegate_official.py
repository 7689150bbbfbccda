"""What is taken for granted about kaggle 2.2.5 and kagglesdk 0.1.38, private names included."""

import inspect
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
import requests

from kagglegate import standin
from kagglegate.client.official import TimeoutAdapter, load, with_timeout


def test_versions() -> None:
    assert version("kaggle") == "2.2.5"
    assert version("kagglesdk") == "0.1.38"


@pytest.mark.parametrize(
    ("method", "parameters"),
    {
        "authenticate": ["self"],
        "build_kaggle_client": ["self"],
        "competition_submit": ["self", "file_name", "message", "competition", "quiet", "sandbox"],
        "upload_complete": ["self", "path", "url", "quiet", "resume"],
    }.items(),
)
def test_signatures(method: str, parameters: list[str]) -> None:
    function = getattr(load().KaggleApi, method)
    assert list(inspect.signature(function).parameters) == parameters


def test_attributes_of_the_api() -> None:
    module = load()
    assert isinstance(module.KaggleApi.args, list)
    assert {"config", "config_dir"} <= set(vars(module.KaggleApi))
    assert "args=self.args" in inspect.getsource(module.KaggleApi.build_kaggle_client)
    assert "self.config" in inspect.getsource(module.KaggleApi.read_config_file)
    result = module.ResumableUploadResult
    assert (result.COMPLETE, result.FAILED) == (1, 2)


def test_private_names_of_the_sdk() -> None:
    from kagglesdk import kaggle_env
    from kagglesdk.kaggle_http_client import KaggleHttpClient

    assert kaggle_env._env_to_endpoint[kaggle_env.KaggleEnv.PROD] == "https://api.kaggle.com"
    http = KaggleHttpClient(env=kaggle_env.KaggleEnv.PROD, username="u", password="k")
    assert http._session is None
    http._init_session()
    session = http._session
    assert isinstance(session, requests.Session)
    http._init_session()
    assert http._session is session, "the time-outs would be lost"


REQUESTS = {
    "competition": {
        "GetCompetition": ["competition_name"],
        "GetSubmission": ["ref"],
        "GetSubmissionLimits": ["competition_name"],
        "ListDataFiles": ["competition_name", "page_size", "page_token"],
        "ListSubmissions": ["competition_name", "page_size", "page_token"],
        "DownloadDataFiles": ["competition_name"],
    },
    "dataset": {
        "ListDatasetFiles": ["owner_slug", "dataset_slug", "page_size", "page_token"],
        "DownloadDataset": ["owner_slug", "dataset_slug"],
    },
}


def test_requests_have_the_fields_used() -> None:
    from kagglesdk.competitions.types import competition_api_service
    from kagglesdk.datasets.types import dataset_api_service

    modules = {"competition": competition_api_service, "dataset": dataset_api_service}
    for service, methods in REQUESTS.items():
        for method, fields in methods.items():
            request = getattr(modules[service], f"Api{method}Request")()
            assert all(hasattr(request, field) for field in fields), method


def test_session_gets_a_timeout() -> None:
    session = with_timeout(requests.Session(), (1.0, 2.0))
    for url in ("https://x", "http://x"):
        assert isinstance(session.get_adapter(url), TimeoutAdapter)


def python(code: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run code in a process of its own, where nothing is imported yet."""
    command = [sys.executable, "-W", "error", "-c", code]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)


def test_import_is_quiet_offline_and_leaves_no_trace(
    server: standin.Server, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plain `import kaggle` would print, ask the server about the token and make folders."""
    environment = standin.environment(server, home) | {"VERBOSE": "1"}
    before = sorted(home.rglob("*"))
    code = (
        "from kagglegate.client.official import load; load(); "
        "import os; print(os.environ['VERBOSE'])"
    )
    done = python(code, environment)
    assert (done.returncode, done.stdout, done.stderr) == (0, "1\n", "")
    assert server.requests == []
    assert sorted(home.rglob("*")) == before
    plain = python("import kaggle", environment)
    assert plain.returncode == 0
    assert server.count("IntrospectToken") == 1


def test_client_of_another_process(server: standin.Server, home: Path, csv: Path) -> None:
    """The environment made for the command line serves this package just as well."""
    code = (
        f"import kagglegate; print(kagglegate.Client().submit({str(csv)!r}, 'm', 'stand-in').ref)"
    )
    done = python(code, standin.environment(server, home))
    assert (done.stdout, done.stderr) == (f"{server.site.posted[0].ref}\n", "")
