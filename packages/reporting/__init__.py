"""Pages to look at: a self-contained report, and the same page served for a whole data set."""

from reporting._errors import NotesError, PageTooLarge, ReportError
from reporting.charts.charts import bars, matrix, scatter
from reporting.charts.lines import lines
from reporting.page.content import Chart, Figure, Gallery, Page, Pictures, Rule, Section, Table
from reporting.page.write import write
from reporting.server.serve import serve

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
    "bars",
    "lines",
    "matrix",
    "scatter",
    "serve",
    "write",
]
