"""The report: one self-contained HTML page, and its short form for a pull request."""

from foresail.report.data import ReportData
from foresail.report.html import render, write
from foresail.report.markdown import render_markdown

__all__ = ["ReportData", "render", "render_markdown", "write"]
