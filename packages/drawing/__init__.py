"""Pictures: radiographs with outlines, sheets, charts, PNG files. One look for the whole house."""

from drawing._picture import Panel, contact_sheet, panel, write_png
from drawing._plots import Bars, Lines, bar_charts, line_charts, stacked

__all__ = [
    "Bars",
    "Lines",
    "Panel",
    "bar_charts",
    "contact_sheet",
    "line_charts",
    "panel",
    "stacked",
    "write_png",
]
