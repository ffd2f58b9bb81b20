"""Whatever text data holds, what is rendered is never alive: GitHub's own Markdown parser is the judge."""

from __future__ import annotations

from html.parser import HTMLParser

import cmarkgfm
import made
from cmarkgfm.cmark import Options
from hypothesis import given
from hypothesis import strategies as st

from expflow_hooks.core.registry import Registry
from expflow_hooks.render.escape import code_span, terminal
from expflow_hooks.render.experiments import render_experiments
from expflow_hooks.render.table import Column, Data, Table, to_markdown, to_text

OURS = {"table", "thead", "tbody", "tr", "th", "td", "code", "p"}


class Seen(HTMLParser):
    """What a browser makes of it: the tags, and the text outside of code."""

    def __init__(self, markdown: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.bare = ""
        self._code = 0
        self.feed(cmarkgfm.github_flavored_markdown_to_html(markdown, options=Options.CMARK_OPT_UNSAFE))

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self._code += tag == "code"
        assert not [name for name, _ in attrs if name != "align"]

    def handle_endtag(self, tag):
        self._code -= tag == "code"

    def handle_data(self, data):
        self.bare += "" if self._code else data


@given(st.lists(st.lists(made.text, min_size=2, max_size=2), max_size=4), made.text)
def test_a_table_of_any_text_is_a_table_of_code(rows, note):
    cells = [[Data(cell) for cell in row] for row in rows]
    seen = Seen(to_markdown(Table((Column("one"), Column("two", right=True)), cells, [Data(note)])))
    assert seen.tags <= OURS
    assert seen.bare.split() == ["one", "two"]


@given(made.text, made.text)
def test_a_code_span_ends_where_it_should(text, other):
    seen = Seen(f"before {code_span(text)} between {code_span(other)} after\n")
    assert seen.tags == {"p", "code"}
    assert seen.bare.split() == ["before", "between", "after"]


@given(made.registries)
def test_a_list_of_any_registry_is_dead(data):
    experiments = list(Registry("r.jsonl", data=data).experiments())
    seen = Seen(render_experiments(experiments, "r.jsonl", "markdown"))
    assert seen.tags <= OURS
    assert seen.bare.split() == ["id", "name", "status", "project", "tags", "time", "metrics"]


@given(made.text)
def test_no_text_moves_the_cursor(text):
    shown = terminal(text) + to_text(Table((Column("x"),), [[Data(text)]], [Data(text)]))
    assert all(character.isprintable() or character in "\n " or ord(character) > 0x7F for character in shown)
    assert not set(shown) & set("\x1b\x07\r\b\u202e\u2066\x9b")
