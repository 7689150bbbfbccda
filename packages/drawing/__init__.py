"""Images with mask outlines, contact sheets, charts, and PNG and WebP encoding."""

from drawing._picture import (
    Panel,
    contact_sheet,
    outline_path,
    panel,
    png_bytes,
    webp_bytes,
    write_png,
)
from drawing._plots import Bars, Lines, bar_charts, line_charts, stacked

__all__ = [
    "Bars",
    "Lines",
    "Panel",
    "bar_charts",
    "contact_sheet",
    "line_charts",
    "outline_path",
    "panel",
    "png_bytes",
    "stacked",
    "webp_bytes",
    "write_png",
]
