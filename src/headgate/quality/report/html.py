"""The quality report as one HTML page: no script, nothing fetched, readable on a phone and on paper."""

from __future__ import annotations

from html import escape

from headgate.quality.report.report import EntityQuality, QualityReport, RuleReport

_STYLE = """
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1.5rem; }
caption { text-align: left; font-weight: 600; padding: .25rem 0; }
th, td { text-align: left; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #8884; vertical-align: top; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
.score { font-size: 2.5rem; font-weight: 700; }
.critical, .error { color: #c0262d; }
.warning { color: #a15c00; }
code { overflow-wrap: anywhere; }
@media (prefers-color-scheme: dark) { .critical, .error { color: #ff8a8a; } .warning { color: #ffc46b; } }
"""


def render_html(report: QualityReport) -> str:
    """Return the report as an HTML document; everything that came from a row is escaped."""
    title = f"Quality of run {escape(report.run)}"
    body = "".join(_entity(entity) for entity in report.entities) or "<p>No entity was judged.</p>"
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style></head><body>"
        f'<h1>{title}</h1><p><span class="score">{report.score:.1f}</span> of 100</p>{body}</body></html>'
    )
    # what cannot be written as UTF-8 is shown as it would be escaped
    return page.encode("utf-8", "backslashreplace").decode()


def _entity(entity: EntityQuality) -> str:
    trend = "" if entity.score_before is None else f" (before {entity.score_before:.1f})"
    numbers = (
        f"<p>Score {entity.score:.1f}{trend}: {entity.rows:,} rows, of which {entity.valid:,} went on, "
        f"{entity.invalid:,} were refused and {entity.duplicates:,} were duplicates.</p>"
    )
    whole = "".join(
        f'<li class="{escape(finding["severity"])}">{escape(finding["severity"])}: '
        f"{escape(finding['field'])}, {escape(finding['rule'])}: {escape(finding['message'])}</li>"
        for finding in entity.run_findings
    )
    rules = _rules(entity.rules) if entity.rules else "<p>No rule was broken.</p>"
    return f"<h2>{escape(entity.entity)}</h2>{numbers}{f'<ul>{whole}</ul>' if whole else ''}{rules}"


def _rules(rules: tuple[RuleReport, ...]) -> str:
    head = "".join(
        f'<th scope="col"{kind}>{name}</th>'
        for name, kind in (
            ("Severity", ""),
            ("Field", ""),
            ("Rule", ""),
            ("Rows", ' class="number"'),
            ("Share", ' class="number"'),
            ("Before", ' class="number"'),
            ("Examples", ""),
        )
    )
    return (
        f"<table><caption>What was found on rows</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{''.join(map(_rule, rules))}</tbody></table>"
    )


def _rule(rule: RuleReport) -> str:
    before = "" if rule.before is None else f"{rule.before:,}"
    values = dict.fromkeys(example["value"] for example in rule.examples)
    shown = "<br>".join(f"<code>{escape(value)}</code>" for value in values)
    message = escape(rule.examples[0]["message"]) if rule.examples else ""
    return (
        f'<tr><td class="{rule.severity}">{rule.severity}</td><td>{escape(rule.field)}</td><td>{escape(rule.rule)}</td>'
        f'<td class="number">{rule.count:,}</td><td class="number">{rule.share:.2%}</td>'
        f'<td class="number">{before}</td><td>{message}<br>{shown}</td></tr>'
    )
