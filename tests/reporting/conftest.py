"""A browser for the pages, and a client of the local server."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser

from reporting import Page
from reporting.server.server import application
from tests.reporting.browser import chromium
from tests.reporting.served_page import HTML, IDS, Drawn, page


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A Chromium; one for each file of tests."""
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a file of tests writes its pages."""
    return tmp_path_factory.mktemp("pages")


@pytest.fixture
def plain_page(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Replace the page itself, and note how it was asked for."""
    asked: list[dict[str, Any]] = []

    def html(page: Page, **how: Any) -> str:
        asked.append(how)
        return HTML

    monkeypatch.setattr("reporting.server.server.render.html", html)
    return asked


@pytest.fixture
def pictures() -> Drawn:
    return Drawn()


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def client(pictures: Drawn, said: list[str], tmp_path: Path) -> FlaskClient:
    app = application(page(IDS, pictures), tmp_path / "notes.csv", say=said.append)
    return app.test_client()
