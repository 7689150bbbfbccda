"""Reports as web pages, written as self-contained HTML files or served locally.

`compose` builds the content of a page, `charts` its charts, `page` the HTML file, and `server` is
the local server.
"""

from reporting._errors import NotesError, ReportError
from reporting.charts.charts import bars, intervals, matrix, over_time, scatter
from reporting.charts.lines import lines
from reporting.compose.audit_page import audit_page
from reporting.compose.label_curve import LabelShare, has_masks, label_curve_page
from reporting.compose.leaderboard import Leaderboard
from reporting.compose.overview import folder_page, images_page, report_page, viewer_page
from reporting.compose.provenance import repeat_run
from reporting.compose.runs_page import RunSummary, runs_page
from reporting.compose.subject import Subject
from reporting.page.content import Chart, Figure, Gallery, Page, Pictures, Rule, Section, Table
from reporting.page.write import write
from reporting.server.serve import serve

__all__ = [
    "Chart",
    "Figure",
    "Gallery",
    "LabelShare",
    "Leaderboard",
    "NotesError",
    "Page",
    "Pictures",
    "ReportError",
    "Rule",
    "RunSummary",
    "Section",
    "Subject",
    "Table",
    "audit_page",
    "bars",
    "folder_page",
    "has_masks",
    "images_page",
    "intervals",
    "label_curve_page",
    "lines",
    "matrix",
    "over_time",
    "repeat_run",
    "report_page",
    "runs_page",
    "scatter",
    "serve",
    "viewer_page",
    "write",
]
