"""Finds the credentials that the official client would use, without importing it."""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kagglegate._errors import NoCredentials
from kagglegate.client.error_mapping import TOKEN_PAGE

SECRET = ("KAGGLE_API_TOKEN", "KAGGLE_USERNAME", "KAGGLE_KEY")
"""Variables whose values are sent to Kaggle."""


@dataclass(frozen=True)
class Credentials:
    """Where the credentials are; never the secret itself.

    Attributes:
        kind: "token", "key" (user name and key) or "oauth".
        source: the variable or file, for messages.
        config: the kaggle.json that the client is to read, or None.
        warnings: one line each, for instance about a file that others can read.
    """

    kind: str
    source: str
    config: Path | None = None
    warnings: tuple[str, ...] = field(default=())


def find_credentials(
    env: Mapping[str, str] | None = None, home: str | Path | None = None
) -> Credentials:
    """Return the credentials in the order of the official client (kaggle 2.2.5).

    ``KAGGLE_API_TOKEN`` (a value or a file), ``~/.kaggle/access_token[.txt]``,
    ``KAGGLE_USERNAME`` with ``KAGGLE_KEY`` (either may come from kaggle.json), kaggle.json in
    ``KAGGLE_CONFIG_DIR``, ``~/.kaggle`` or the XDG folder, ``~/.kaggle/credentials.json``.

    White space around a value is ignored, also if it comes from a copied line break.

    Raises:
        NoCredentials: none of these is there, or one has characters that no token or key has; the
            message says how to make some.
    """
    env = clean_environment(os.environ if env is None else env)
    folder = Path(home if home is not None else Path.home()) / ".kaggle"
    config = _config_file(env, folder)
    found = _token(env, folder) or _key(env, config) or _oauth(folder)
    if found is None:
        raise NoCredentials(
            f"no Kaggle credentials were found: make a token on {TOKEN_PAGE} and save it as "
            f"{folder / 'access_token'}, or set KAGGLE_API_TOKEN"
        )
    return found


def clean_environment(env: Mapping[str, str]) -> dict[str, str]:
    """Return `env` without white space around the values of `SECRET`; blank ones are left out."""
    stripped = {name: env[name].strip() for name in SECRET if name in env}
    others = {name: value for name, value in env.items() if name not in SECRET}
    return others | {name: value for name, value in stripped.items() if value}


def _checked(value: str, source: str) -> str:
    """Return a token, user name or key that can be sent."""
    if not value.isascii() or not value.isprintable() or " " in value:
        raise NoCredentials(
            f"the Kaggle credentials in {source} have blanks, line breaks or other characters that "
            f"no token has: copy them again from {TOKEN_PAGE}"
        )
    return value


def _token(env: Mapping[str, str], folder: Path) -> Credentials | None:
    value = env.get("KAGGLE_API_TOKEN")
    if value:
        if not _is_file(value):
            _checked(value, "KAGGLE_API_TOKEN")
            return Credentials("token", "KAGGLE_API_TOKEN")
        # The client looks no further when the file is empty; neither do we.
        return _token_file(Path(value))
    files = (_token_file(folder / name) for name in ("access_token", "access_token.txt"))
    return next(filter(None, files), None)


def _token_file(path: Path) -> Credentials | None:
    return _from_file("token", path) if _checked(_text(path), str(path)) else None


def _key(env: Mapping[str, str], config: Path) -> Credentials | None:
    wanted = {name: f"KAGGLE_{name.upper()}" for name in ("username", "key")}
    given = {name for name, variable in wanted.items() if variable in env}
    for name in given:
        _checked(env[wanted[name]], wanted[name])
    if given == set(wanted):
        return Credentials("key", "KAGGLE_KEY", config)
    values = {name: str(value).strip() for name, value in _json(config).items() if value}
    stored = {name for name in wanted if _checked(values.get(name, ""), str(config))}
    return _from_file("key", config, config) if set(wanted) <= stored | given else None


def _oauth(folder: Path) -> Credentials | None:
    path = folder / "credentials.json"
    return _from_file("oauth", path) if _json(path).get("refresh_token") else None


def _config_file(env: Mapping[str, str], folder: Path) -> Path:
    if env.get("KAGGLE_CONFIG_DIR"):
        return Path(env["KAGGLE_CONFIG_DIR"]) / "kaggle.json"
    if sys.platform.startswith("linux") and not folder.exists():
        base = env.get("XDG_CONFIG_HOME")
        return (Path(base) if base else folder.parent / ".config") / "kaggle" / "kaggle.json"
    return folder / "kaggle.json"


def _from_file(kind: str, path: Path, config: Path | None = None) -> Credentials:
    readable = os.name != "nt" and path.stat().st_mode & 0o044
    warning = f"{path} can be read by other users of this computer: run chmod 600 {path}"
    return Credentials(kind, str(path), config, (warning,) if readable else ())


def _is_file(value: str) -> bool:
    try:
        return Path(value).exists()
    except OSError:  # a token can be too long for a file name
        return False


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise NoCredentials(
            f"the Kaggle credentials in {path} cannot be read ({type(error).__name__}): repair "
            f"the file or save a new token from {TOKEN_PAGE}"
        ) from None


def _json(path: Path) -> dict[str, object]:
    text = _text(path)
    if not text:
        return {}
    try:
        value = json.loads(text)
    except ValueError:
        raise NoCredentials(f"{path} is not JSON: download it again from {TOKEN_PAGE}") from None
    return value if isinstance(value, dict) else {}
