"""Pictures of numbers: pure functions from data to SVG, coloured by the classes of the style sheet."""

from headgate.web.charts.funnel import funnel_bar
from headgate.web.charts.lines import line_chart
from headgate.web.charts.runs import run_bars
from headgate.web.charts.sparks import spark_bars
from headgate.web.charts.stacks import severity_stacks
from headgate.web.charts.stages import stage_bars

__all__ = ["funnel_bar", "line_chart", "run_bars", "severity_stacks", "spark_bars", "stage_bars"]
