"""Pages to look at: a self-contained report, and the same page served for a whole data set."""

from reporting._content import Chart, Figure, Gallery, Page, Pictures, Rule, Section, Table
from reporting._errors import NotesError, PageTooLarge, ReportError

__all__ = [
    "Chart",
    "Figure",
    "Gallery",
    "NotesError",
    "Page",
    "PageTooLarge",
    "Pictures",
    "ReportError",
    "Rule",
    "Section",
    "Table",
]
