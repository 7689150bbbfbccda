"""Pictures: images with outlines, sheets, charts, PNG files. One look for the whole house."""

from drawing._encode import png_bytes, webp_bytes
from drawing._outlines import outline_path
from drawing._picture import Panel, contact_sheet, panel, write_png
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
