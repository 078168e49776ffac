"""The pieces of a picture: elements with escaped attributes."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup, escape


def element(name: str, *children: str, **attributes: str | float | None) -> Markup:
    """Return an element; ``class_`` is written ``class``, and ``_`` in a name ``-``.

    Args:
        name: Its name.
        *children: What is inside: text, or elements.
        **attributes: Its attributes; None leaves one out.
    """
    written = Markup("").join(
        Markup(' {}="{}"').format(key.rstrip("_").replace("_", "-"), _text(value))
        for key, value in attributes.items()
        if value is not None
    )
    inside = Markup("").join(map(escape, children))
    return Markup("<{0}{1}>{2}</{0}>").format(Markup(name), written, inside)  # noqa: S704 - names are ours


def picture(
    width: float,
    height: float,
    children: Iterable[str],
    *,
    title: str,
    class_: str,
    stretches: bool = False,
    leads_on: bool = False,
) -> Markup:
    """Return a picture that says in words what it shows.

    Args:
        width: Of the plane that the children are drawn on.
        height: Of that plane.
        children: What is drawn.
        title: What it shows.
        class_: Its class in the style sheet, which gives it its size.
        stretches: Whether it takes any shape, or keeps its proportions.
        leads_on: Whether there are links in it.
    """
    return element(
        "svg",
        *children,
        class_=class_,
        viewBox=f"0 0 {_text(width)} {_text(height)}",
        preserveAspectRatio="none" if stretches else "xMinYMid meet",
        role="group" if leads_on else "img",
        aria_label=title,
        xmlns="http://www.w3.org/2000/svg",
    )


def _text(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:.6g}"
