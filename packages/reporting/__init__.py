"""Pages to look at: a self-contained report, and the same page served for a whole data set."""

from reporting._charts import bars, matrix, scatter
from reporting._content import Chart, Figure, Gallery, Page, Pictures, Rule, Section, Table
from reporting._errors import NotesError, PageTooLarge, ReportError
from reporting._lines import lines
from reporting._serve import serve
from reporting._write import write

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
