"""Whatever text data holds, what is rendered is never alive: GitHub's own Markdown parser is the judge."""

from __future__ import annotations

import json
from html.parser import HTMLParser

import cmarkgfm
from cmarkgfm.cmark import Options
from fuzz import made
from hypothesis import given
from hypothesis import strategies as st

from expflow_hooks.action.evidence.candidates import keep_apart
from expflow_hooks.action.evidence.evidence import Evidence
from expflow_hooks.action.evidence.heads import Attested, Chain, missed, read_attested
from expflow_hooks.action.evidence.proposal import Leak, Proposal, ProposedCommit
from expflow_hooks.action.evidence.rules import Rules
from expflow_hooks.action.outputs import outputs_of
from expflow_hooks.action.page.history import make_state
from expflow_hooks.action.page.marker import read_marker, read_state, state_line
from expflow_hooks.action.page.page import Page, marker_of, render_comment
from expflow_hooks.action.page.sizing import FULL
from expflow_hooks.action.page.words import LOOKS
from expflow_hooks.action.request.event import WorkflowRun
from expflow_hooks.action.request.inputs import Inputs
from expflow_hooks.action.verdict import judge
from expflow_hooks.core.change.belonging import EXACT, LINE, STALE, Belonging, Candidates
from expflow_hooks.core.metrics.gates import parse_gate
from expflow_hooks.core.policy.diff import PolicyChange
from expflow_hooks.core.policy.load import parse_policy
from expflow_hooks.core.ranking.query import GroupBy, Query
from expflow_hooks.core.ranking.rank import rank
from expflow_hooks.core.registry.experiment import latest
from expflow_hooks.core.registry.history import revisions
from expflow_hooks.core.registry.reader import Registry
from expflow_hooks.core.registry.verify import verify
from expflow_hooks.render.escape import code_span, terminal
from expflow_hooks.render.listing import render_experiments
from expflow_hooks.render.table import Column, Data, Table, to_markdown, to_text

OURS = {"table", "thead", "tbody", "tr", "th", "td", "code", "p"}
PAGE = OURS | {"h2", "h3", "ul", "li", "pre", "sub", "br", "strong", "details", "summary", "blockquote", "a"}
ALIVE = ("@", "evil", "#1", "GH-1", "::", ":tada:", "${{", "javascript", "$x", "~~", "\u202e", "\x1b")


class Seen(HTMLParser):
    """What a browser makes of it: the tags, and the text outside of code."""

    def __init__(self, markdown: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: set[str] = set()
        self.bare = ""
        self._code = 0
        self.feed(cmarkgfm.github_flavored_markdown_to_html(markdown, options=Options.CMARK_OPT_UNSAFE))

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self._code += tag == "code"
        self.links |= {value for name, value in attrs if name == "href"}
        assert not [name for name, _ in attrs if name not in ("align", "href", "open", "lang")]

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


PROPOSAL = Proposal("a" * 40, "b" * 40, "a" * 40, None, (ProposedCommit("b" * 40),), number=1)
QUERY = Query("pde_mean", gates=(parse_gate("pde_mean:lt:18.09"), parse_gate("seg_total:ge:1")))
POLICY = parse_policy("version: 1\naudit: {rules: competition}\n", "expflow.yaml")


@given(made.registries, made.text, st.integers(0, 7), st.booleans())
def test_a_comment_of_anything_is_dead_and_gives_one_verdict(data, text, fewest, group):
    registry = Registry("r.jsonl", data=data)
    runs = latest(registry.experiments())
    judged = [run for run in runs if run.state == "completed"][fewest % 3 :]
    query = QUERY._replace(group_by=GroupBy(min_runs=fewest) if group else None)
    changes = (PolicyChange(text, text, None, True),)
    chain = Chain(text, verify(registry.lines), registry.lines)
    freshness = STALE if fewest == 7 else EXACT
    candidates = Candidates(
        tuple(Belonging(run, LINE, freshness, paths=(text,), withdrawn=text) for run in judged),
        tuple(Belonging(run, LINE, STALE) for run in runs[:1]),
    )
    evidence = Evidence(
        Inputs(),
        PROPOSAL,
        Rules(POLICY, query, "base", changes),
        source=text,
        source_name=text,
        ranking=rank(keep_apart(runs, candidates, query.group_by), query),
        candidates=candidates,
        unreadable=[str(bad.line) for bad in registry.unreadable],
        leaks=[Leak(text, "EXP001", "a PIN's hash")] if fewest == 6 else (),
        revisions={n: revisions(past) for n, past in registry.histories({run.experiment_id for run in judged}).items()},
        notes=[(Data(text),)],
        broken=chain.found.problems if fewest == 5 else (),
        chain=chain,
    )
    judgement = judge(evidence)
    attested = Attested(text[:400], 1, {"f" * 64: 1}, "c" * 40)
    before = {**make_state(judgement), "registry": attested._asdict()}
    state = read_state(state_line(before) if group else text)
    page = Page(judgement, WorkflowRun("o/r", id=1), state, missed(chain, read_attested(state)))
    assert page.missing == (attested if group else None)
    comment = marker_of(page).over(render_comment(page, FULL))
    seen = Seen(comment)
    assert seen.tags <= PAGE
    assert not [link for link in seen.links if not link.startswith("https://github.com/o/r/")]
    assert not [alive for alive in ALIVE if alive in seen.bare]
    outputs = outputs_of(judgement)
    assert judgement.passed is (judgement.exit_code == 0) is (outputs["passed"] == "true")
    assert f"## {LOOKS[judgement.verdict].sign} " in comment
    assert judgement.passed is (judgement.verdict == "pass")
    if judgement.passed and judged:
        assert all(row.kind is None and row.gates_passed for row in judgement.rows)
        assert {run.experiment_id for run in judged} == {run for row in judgement.rows for run in row.runs}
    assert read_marker(comment) == marker_of(page)
    assert read_state(comment) == json.loads(json.dumps(make_state(judgement, state, page.missing)))


@given(made.text)
def test_no_text_moves_the_cursor(text):
    shown = terminal(text) + to_text(Table((Column("x"),), [[Data(text)]], [Data(text)]))
    assert all(character.isprintable() or character in "\n " or ord(character) > 0x7F for character in shown)
    assert not set(shown) & set("\x1b\x07\r\b\u202e\u2066\x9b")
