"""HTML of an address to lines of plain text."""

from __future__ import annotations

import re
from html import unescape

from selectolax.lexbor import LexborHTMLParser

MAX_MARKUP = 65_536
"""Characters of HTML that are looked at."""

_LINE_TAG = re.compile(
    r"</?(?:br|span|div|p|li|ul|ol|dl|dt|dd|tr|td|th|table|tbody|address|section|article|h[1-6]|hr)\b[^<>]*>",
    re.IGNORECASE,
)
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_HIDDEN = re.compile(r"<(?:script|style|template|noscript|head|textarea|!)", re.IGNORECASE)
_BULLET = re.compile("[\u00b7\u2022\u2219\u25cf]|(?<=\\s)[\u2013\u2014](?=\\s)")
_INVISIBLE = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060\ufeff\x00-\x08\x0e-\x1f\x7f\xad]")


def lines_of(markup: str) -> list[str]:
    """Return the lines of an address that is given as HTML or plain text.

    Elements such as ``br``, ``span`` and ``div`` end a line; line ends of the source do so only in plain text. Scripts,
    styles and comments are dropped. Bars, bullets and long dashes end a line too, and so do tabs in plain text. Blanks
    are collapsed and empty lines left out.
    """
    text = markup[:MAX_MARKUP]
    if "<" in text:
        if _HIDDEN.search(text):
            text = _without_hidden(text)
        with_breaks = _LINE_TAG.sub("\x1e", text)
        # in HTML the end of a source line is a blank; in plain text with a stray tag or none it ends the line
        if with_breaks != text:
            with_breaks = with_breaks.replace("\n", " ").replace("\r", " ")
        text = _TAG.sub("", with_breaks).replace("\x1e", "\n")
    elif "\t" in text:
        text = text.replace("\t", "\n")
    if "|" in text:
        text = text.replace("|", "\n")
    if not text.isascii():
        text = _BULLET.sub("\n", text)
    if "&" in text:
        text = unescape(text)
    if not text.isprintable():
        text = _INVISIBLE.sub("", text)
    lines = [" ".join(line.split()) for line in text.splitlines()]
    return [line for line in (_without_brackets(line.strip(" ,;|")) for line in lines) if line]


def _without_brackets(line: str) -> str:
    whole = line[:1] == "(" and line[-1:] == ")" and line.count("(") == 1
    return line[1:-1].strip(" ,;|") if whole else line


def _without_hidden(text: str) -> str:
    tree = LexborHTMLParser(text)
    tree.strip_tags(["script", "style", "template", "noscript", "head", "textarea"])
    nodes = list(tree.root.traverse(include_text=True)) if tree.root else []
    for node in nodes:
        if node.tag == "-comment":
            node.decompose()
    return (tree.body.html or "") if tree.body else ""
