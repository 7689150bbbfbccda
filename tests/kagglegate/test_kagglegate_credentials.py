"""Credentials are found where the official client finds them, in its order."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kagglegate import NoCredentials, find_credentials, standin
from kagglegate.client.official import connect, endpoint

KEY = json.dumps({"username": "standin", "key": "standin-key"})
OAUTH = json.dumps({"refresh_token": "r", "username": "standin", "access_token": "a"})


def write(path: Path, text: str, mode: int = 0o600) -> None:
    """Write a file and its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)


def test_none(tmp_path: Path) -> None:
    with pytest.raises(NoCredentials, match=r"make a token on .*access_token") as caught:
        find_credentials({}, tmp_path)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_order(tmp_path: Path) -> None:
    env: dict[str, str] = {}
    folder = tmp_path / ".kaggle"
    steps = [
        lambda: write(folder / "credentials.json", OAUTH),
        lambda: write(folder / "kaggle.json", KEY),
        lambda: env.update(KAGGLE_USERNAME="u", KAGGLE_KEY="k"),
        lambda: write(folder / "access_token.txt", "t"),
        lambda: write(folder / "access_token", "t"),
        lambda: env.update(KAGGLE_API_TOKEN="t"),
    ]
    found = []
    for step in steps:
        step()
        found.append((find_credentials(env, tmp_path).kind, find_credentials(env, tmp_path).source))
    assert found == [
        ("oauth", str(folder / "credentials.json")),
        ("key", str(folder / "kaggle.json")),
        ("key", "KAGGLE_KEY"),
        ("token", str(folder / "access_token.txt")),
        ("token", str(folder / "access_token")),
        ("token", "KAGGLE_API_TOKEN"),
    ]


def test_folder_of_the_key(tmp_path: Path) -> None:
    write(tmp_path / ".config" / "kaggle" / "kaggle.json", KEY)
    xdg = find_credentials({}, tmp_path)
    assert xdg.config == tmp_path / ".config" / "kaggle" / "kaggle.json"
    write(tmp_path / "else" / "kaggle.json", KEY)
    there = find_credentials({"KAGGLE_CONFIG_DIR": str(tmp_path / "else")}, tmp_path)
    assert there.config == tmp_path / "else" / "kaggle.json"
    (tmp_path / ".kaggle").mkdir()
    with pytest.raises(NoCredentials):
        find_credentials({}, tmp_path)


def test_token_file(tmp_path: Path) -> None:
    write(tmp_path / "t", "token\n", 0o644)
    found = find_credentials({"KAGGLE_API_TOKEN": str(tmp_path / "t")}, tmp_path)
    assert found.source == str(tmp_path / "t")
    assert found.warnings[0].endswith(f"run chmod 600 {tmp_path / 't'}")
    assert find_credentials({"KAGGLE_API_TOKEN": "x" * 5000}, tmp_path).kind == "token"


def test_secrets_are_not_shown(tmp_path: Path) -> None:
    write(tmp_path / ".kaggle" / "kaggle.json", KEY)
    assert "standin-key" not in repr(find_credentials({}, tmp_path))
    assert "s3cr" not in repr(find_credentials({"KAGGLE_API_TOKEN": "s3cr"}, tmp_path))


@pytest.mark.parametrize("text", ["{", "[]", '{"username": "u"}', "", "\xff"])
def test_useless_key_file(tmp_path: Path, text: str) -> None:
    write(tmp_path / ".kaggle" / "kaggle.json", "")
    (tmp_path / ".kaggle" / "kaggle.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(NoCredentials):
        find_credentials({}, tmp_path)


def test_unreadable_file(tmp_path: Path) -> None:
    (tmp_path / ".kaggle" / "access_token").mkdir(parents=True)
    with pytest.raises(NoCredentials, match="cannot be read"):
        find_credentials({}, tmp_path)


METHODS = {"token": "ACCESS_TOKEN", "key": "LEGACY_API_KEY"}


@pytest.mark.parametrize("case", ["env token", "file token", "env key", "file key", "empty token"])
def test_agrees_with_the_official_client(server: standin.Server, home: Path, case: str) -> None:
    """The oracle: what `authenticate` chooses with the same files and variables."""
    environment = standin.environment(server, home)
    del environment["KAGGLE_API_TOKEN"]
    write(home / ".kaggle" / "kaggle.json", KEY)
    del environment["KAGGLE_CONFIG_DIR"]
    if "token" in case:
        write(home / ".kaggle" / "access_token", server.token)
    if case == "env token":
        environment["KAGGLE_API_TOKEN"] = server.token
    elif case == "empty token":
        environment["KAGGLE_API_TOKEN"] = os.devnull
    elif case == "env key":
        environment |= {"KAGGLE_USERNAME": "u", "KAGGLE_KEY": "k"}
    code = "import kaggle; print(kaggle.api.config_values['auth_method'])"
    command = [sys.executable, "-c", code]
    chosen = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert chosen.stdout.strip().endswith(METHODS[find_credentials(environment, home).kind])


AROUND = ("{}\n", "{}\r\n", " {}", "\t{} ", "\n{}\n\n")
INSIDE = ("{0}\n{0}", "{0} {0}", "\ufeff{0}", "{0}\u200b", "{0}\x00", "„{0}“")


def places(home: Path, value: str, kind: str) -> dict[str, str]:
    """Give a token or key in one of the ways; return the environment."""
    key = {"username": "standin", "key": value}
    if kind == "token in a variable":
        return {"KAGGLE_API_TOKEN": value}
    if kind == "key in variables":
        return {"KAGGLE_USERNAME": "standin", "KAGGLE_KEY": value}
    name = "access_token" if kind == "token in a file" else "kaggle.json"
    write(home / ".kaggle" / name, value if name == "access_token" else json.dumps(key))
    return {}


KINDS = ("token in a variable", "token in a file", "key in variables", "key in a file")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", AROUND)
def test_white_space_around_a_secret_is_ignored(
    form: str, kind: str, server: standin.Server, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("KAGGLE_API_TOKEN", "KAGGLE_CONFIG_DIR"):
        monkeypatch.delenv(name, raising=False)
    secret = server.token if "token" in kind else "standin-key"
    for name, value in places(home, form.format(secret), kind).items():
        monkeypatch.setenv(name, value)
    assert find_credentials(home=home).kind == kind.split()[0]
    with endpoint(server.url):
        api = connect(find_credentials(home=home), (5.0, 5.0))
    assert secret in (api.config_values.get("token"), api.config_values.get("key"))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", INSIDE, ids=ascii)
def test_a_secret_that_cannot_be_sent_is_named_and_not_shown(
    form: str, kind: str, tmp_path: Path
) -> None:
    environment = places(tmp_path, form.format("s3cr"), kind)
    with pytest.raises(NoCredentials, match="copy them again from") as caught:
        find_credentials(environment, tmp_path)
    assert "s3cr" not in str(caught.value)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("blank", [" ", "\n", "\t "])
def test_a_blank_secret_is_none(blank: str, tmp_path: Path) -> None:
    for name in ("KAGGLE_API_TOKEN", "KAGGLE_KEY"):
        with pytest.raises(NoCredentials, match="no Kaggle credentials were found"):
            find_credentials({name: blank, "KAGGLE_USERNAME": "u"}, tmp_path)
