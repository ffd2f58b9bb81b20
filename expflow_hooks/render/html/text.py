"""Untrusted text made harmless for HTML: elements never, controls and bidi marks as replacement characters."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from html import escape

from expflow_hooks.render.html.assets import FRAGMENT_STYLE, SCRIPT, STYLE, content_policy

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp", "Co", "Cn"})


def html(text: object) -> str:
    """Return text as HTML shows it, in an element or in an attribute's quotes."""
    plain = str(text)
    if not plain.isprintable():
        plain = "".join("\N{REPLACEMENT CHARACTER}" if unicodedata.category(c) in _UNSEEN else c for c in plain)
    return escape(plain)


def document(title: str, body: str, *, script: bool) -> str:
    """Return a whole page."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{content_policy(script)}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="referrer" content="no-referrer">'
        f"<title>{html(title)}</title><style>{STYLE}</style></head>\n<body>\n{body}\n"
        + (f"<script>{SCRIPT}</script>" if script else "")
        + "</body></html>\n"
    )


def framed(body: str) -> str:
    """Return a part of somebody else's page, whose style stays inside it."""
    return f'<style>{FRAGMENT_STYLE}</style><div class="expflow">{body}</div>'


def table(headings: Sequence[str], rows: Sequence[Sequence[object]], caption: str) -> str:
    """Return a plain table of two or more columns; every cell is escaped, the first of a row is its heading."""
    head = "".join(f'<th scope="col">{html(heading)}</th>' for heading in headings)
    body = "".join(
        f'<tr><th scope="row">{html(row[0])}</th>'
        + "".join(f"<td>{html('–' if cell is None else cell)}</td>" for cell in row[1:])
        + "</tr>\n"
        for row in rows
    )
    return (
        f'<div class="w"><table><caption>{html(caption)}</caption><thead><tr>{head}</tr></thead>'
        f"<tbody>\n{body}</tbody></table></div>"
    )
