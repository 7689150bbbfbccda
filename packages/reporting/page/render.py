"""Rendering of a page as HTML with the Jinja2 templates in `template`; its gallery as JSON."""

import base64
import functools
import hashlib
import json
import math
import numbers
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import vl_convert
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from reporting.page.content import Gallery, Page, Table
from reporting.page.embedding import Embedded

FOLDER = Path(__file__).parent / "template"
STYLES = ("page.css", "gallery.css")
SCRIPTS = (
    "document.js", "source.js", "rule.js", "selection.js", "pictures.js", "toolbar.js",
    "cards.js", "viewer.js", "main.js",
)  # fmt: skip
"""In the order of concatenation."""


def html(
    page: Page, *, remote: bool = False, notes: bool = False, pictures: Embedded | None = None
) -> str:
    """Return the page as one HTML document.

    The content security policy allows only the page's own scripts, by their digests, and no
    connections; for a `remote` page, connections to its own server.

    Args:
        remote: whether the page fetches its gallery from its server.
        notes: whether the server stores notes.
        pictures: the embedded pictures of the gallery; None if it is not embedded.
    """
    script = Markup("\n").join(_read(name) for name in SCRIPTS)
    charts = _specs(page)
    vega = _vega() if charts else Markup("")
    setup = {"remote": remote, "notes": remote and notes, "gallery": page.gallery is not None}
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            page=page,
            notes=setup["notes"],
            notice=_notice(pictures),
            css=Markup("\n").join(_read(name) for name in STYLES),
            policy=_policy([script, vega], remote),
            setup=_json(setup),
            charts=_json(charts) if charts else "",
            vega=vega,
            gallery=_json(describe(page.gallery)) if page.gallery and not remote else "",
            curves=Markup(pictures.curves) if pictures else "",
            pictures=_json(pictures.pictures()) if pictures else "",
            script=script,
            columns_of=columns_of,
            cell=cell,
        )
    )


def describe(gallery: Gallery) -> dict[str, Any]:
    """Return a gallery without its pictures as JSON types, rows in the order of the table.

    Returns:
        `{"ids": [...], "columns": {name: [...]}, "kinds": {name: kind}, "shape": [h, w],
        "other": name, "rule": {"text", "threshold", "min_area", "gate"} | None}`; a kind is "text",
        "number" or "truth" (bool); missing and non-finite values are None.
    """
    table = gallery.table
    kinds = {str(name): _kind(column) for name, column in table.items()}
    columns = {
        str(name): [_plain(value, kinds[str(name)]) for value in column]
        for name, column in table.items()
    }
    return {
        "ids": [str(image_id) for image_id in table.index],
        "columns": columns,
        "kinds": kinds,
        "shape": [int(side) for side in gallery.shape],
        "other": gallery.other,
        "rule": None if gallery.rule is None else asdict(gallery.rule),
    }


def columns_of(table: Table) -> list[dict[str, Any]]:
    """Return name and kind of a table's columns, in the order of their first occurrence."""
    names = dict.fromkeys(name for row in table.rows for name in row)
    return [{"name": name, "numeric": _numeric(table, name)} for name in names]


def cell(value: Any) -> str:
    """Return the text of a table cell; "" for a missing value."""
    if value is None or (isinstance(value, numbers.Real) and math.isnan(value)):
        return ""
    if isinstance(value, bool) or type(value).__name__ == "bool":
        return "yes" if value else "no"
    if not isinstance(value, numbers.Real) or isinstance(value, numbers.Integral):
        return str(value)
    number = float(value)
    usual = number == 0 or 1e-3 <= abs(number) < 1e4
    return f"{number:.4f}" if usual else f"{number:.4g}"


def _kind(column: pd.Series) -> str:
    known = column.dropna()
    if pd.api.types.is_bool_dtype(known) or (
        len(known) and all(isinstance(value, bool | np.bool_) for value in known)
    ):
        return "truth"
    return "number" if pd.api.types.is_numeric_dtype(known) else "text"


def _plain(value: Any, kind: str) -> Any:
    if pd.isna(value):
        return None
    if kind == "text":
        return str(value)
    if kind == "truth":
        return bool(value)
    number = value.item() if isinstance(value, np.generic) else value
    return number if math.isfinite(number) else None


def _specs(page: Page) -> dict[str, Any]:
    """Return the Vega-Lite specification of each chart by the id of its HTML element."""
    return {
        f"chart-{i}-{j}": chart.spec
        for i, section in enumerate(page.sections, start=1)
        for j, chart in enumerate(section.charts, start=1)
    }


def _numeric(table: Table, name: str) -> bool:
    known = [row[name] for row in table.rows if row.get(name) is not None]
    return bool(known) and all(
        isinstance(value, numbers.Real) and not isinstance(value, bool) for value in known
    )


def _notice(pictures: Embedded | None) -> str:
    if pictures is None or None not in pictures.images:
        return ""
    left_out, count = pictures.images.count(None), len(pictures.images)
    return (
        f"{left_out:,} of {count:,} images have no picture in this file, to limit its size; images "
        "with a true or predicted mask have priority. Numbers and filters cover all images. "
        "`tools view` shows every picture."
    )


def _json(value: Any) -> Markup:
    """Return JSON, escaped for a script element."""
    text = json.dumps(value, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return Markup(text)


def _policy(scripts: list[Markup], remote: bool) -> str:
    digests = [
        base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        for script in scripts
        if script
    ]
    connect = "'self'" if remote else "'none'"
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
    return (
        "default-src 'none'; base-uri 'none'; form-action 'none'; "
        f"script-src {allowed}; style-src 'unsafe-inline'; "
        f"img-src 'self' file: data: blob:; connect-src {connect}"
    )


@functools.cache
def _vega() -> Markup:
    """Return Vega, Vega-Lite and Vega-Embed as one script; bundling takes seconds."""
    return Markup(vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;"))


@functools.cache
def _read(name: str) -> Markup:
    return Markup((FOLDER / name).read_text(encoding="utf-8"))


@functools.cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
