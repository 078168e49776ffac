"""Reports: what was found in a run, counted, compared and rendered."""

from headgate.quality.report.html import render_html
from headgate.quality.report.reading import read_report
from headgate.quality.report.report import EntityQuality, QualityReport, RuleReport, build_report
from headgate.quality.report.tally import EntityTally

__all__ = ["EntityQuality", "EntityTally", "QualityReport", "RuleReport", "build_report", "read_report", "render_html"]
