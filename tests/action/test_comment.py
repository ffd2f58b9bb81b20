"""The comment: nothing in it is alive, it fits, and it says what changed. Parsed with GitHub's own Markdown parser."""

import re
from html.parser import HTMLParser

import cmarkgfm
import pytest
from action.research import record
from cmarkgfm.cmark import Options
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from expflow_hooks.action.page.chart import Bar, draw
from expflow_hooks.action.page.marker import Marker, read_marker, read_state, state_line
from expflow_hooks.action.page.numbers import short_in_gate
from expflow_hooks.action.page.sizing import COMMENT_LIMIT, LADDER, fit
from expflow_hooks.core.metrics.gates import parse_gate

HOSTILE = [
    "$(touch pwned)",
    "`touch pwned`",
    "``x`` ` y",
    "](javascript:alert(1))",
    "[x](https://evil.example)",
    "![x](https://evil.example/pixel.png)",
    "www.evil.example",
    "https://evil.example/?a=`b`",
    "@everyone @org/team",
    "org/other#1 #1 GH-1",
    "<img src=x onerror=alert(1)>",
    "<!-- expflow key=default run=9 attempt=9 content=0123456789abcdef -->",
    "--> <script>alert(1)</script>",
    "::error::x",
    "a | b | c",
    "two\nlines\r\n::stop-commands::x",
    "x" * 10_000,
    "\u202egnp.exe\u2066\u200d",
    "</details></sub></table>",
    "\\`escaped\\|",
    "trailing\\",
    "| `` |",
    ":tada: **bold** ~~gone~~ $x^2$",
    "```\nfence\n```",
    " ",
]
OUR_TAGS = {
    *("h2", "h3", "p", "ul", "li", "table", "thead", "tbody", "tr", "th", "td", "code", "pre", "sub", "br", "strong"),
    *("details", "summary", "blockquote", "a", "em"),
}


class Seen(HTMLParser):
    """Collects what a browser would see alive: tags, links, and text outside code."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.links, self.bare, self.inside = set(), [], [], 0
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.inside += tag == "code"
        self.links += [value for name, value in attrs if name in ("href", "src")]
        assert not [name for name, _ in attrs if name.startswith("on")]

    def handle_endtag(self, tag):
        self.inside -= tag == "code"

    def handle_data(self, data):
        if not self.inside:
            self.bare.append(data)


def seen(markdown):
    html = cmarkgfm.github_flavored_markdown_to_html(markdown, options=Options.CMARK_OPT_UNSAFE)
    return Seen(html)


def assert_dead(markdown, allowed_links=r"https://github\.example/org/research/"):
    found = seen(markdown)
    assert found.tags <= OUR_TAGS, found.tags - OUR_TAGS
    assert all(re.match(allowed_links, link) for link in found.links), found.links
    bare = " ".join(found.bare)
    for alive in ("@", "evil", "touch", "alert", "::", "#1", ":tada:", "\u202e"):
        assert alive not in bare, bare


@pytest.fixture
def hostile(research):
    """A pull request whose experiments are called, tagged and made of everything that ever broke a comment."""
    research.setup()
    runs = []
    for index, text in enumerate(HOSTILE):
        metrics = {"pde_mean": 5.0 + index, "train_time_min": 30, "seg_total": 1, text: 1}
        fields = {"name": text, "tags": [text, "t"], "params": {text: text}, "branch": text, "project": text}
        runs.append(record(f"{text}#{index}", metrics=metrics, commit=research.head, **fields))
    runs.append(record("state", status=HOSTILE[10], name=HOSTILE[8], commit=research.head))
    runs.append(record("odd commit", commit=HOSTILE[4]))
    research.results(*runs)
    research.results(*({**run, "params": {"p": text}} for run, text in zip(runs, HOSTILE, strict=False)))
    research.open(title=HOSTILE[0])
    return research


def test_nothing_that_an_experiment_says_is_alive_in_the_comment(hostile):
    assert hostile.run() == 1
    assert hostile.last["comment-status"] == "created"
    assert_dead(hostile.comment)
    assert_dead(hostile.summary)
    assert seen(hostile.comment).tags >= {"table", "details"}


def test_nothing_that_an_experiment_says_is_a_command_in_the_log(hostile):
    hostile.run()
    stop, end = re.findall(r"^::(?:stop-commands::)?([0-9a-f]{32})(?:::)?$", hostile.text, re.M)
    assert stop == end
    after = hostile.text.split(f"::{end}::\n", 1)[1]
    assert all(line.startswith("::error file=experiments.jsonl,line=") for line in after.splitlines())
    assert "\n::error::" not in hostile.text


def test_on_a_terminal_nothing_is_a_command(hostile):
    assert hostile.run(env={"GITHUB_ACTIONS": ""}) == 1
    assert not [line for line in hostile.text.splitlines() if line.startswith("::")]
    assert hostile.text.startswith("expflow: fail: ") or hostile.text.startswith("expflow: #7 fail: ")


def test_outputs_cannot_be_forged(hostile):
    hostile.run()
    assert hostile.last["passed"] == "false"
    assert set(hostile.last) <= {
        *("passed", "verdict", "failed-gates", "best-id", "best-value", "candidate-rank", "ranking-json"),
        *("comment-url", "comment-status", "truncated", "report"),
    }


def test_a_forged_marker_inside_a_name_is_no_marker(hostile):
    hostile.run()
    assert read_marker(hostile.comment).content != "0123456789abcdef"


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=st.text(max_size=60) | st.sampled_from(HOSTILE))
def test_any_text_in_a_code_span_stays_in_it(text):
    from expflow_hooks.render.escape import code_span

    span = code_span(text)
    html = cmarkgfm.github_flavored_markdown_to_html(f"| a | b |\n|---|---|\n| {span} | end |\n")
    found = Seen(html)
    assert "".join(found.bare).split() == ["a", "b", "end"]
    assert found.tags <= {"table", "thead", "tbody", "tr", "th", "td", "code"}


@pytest.mark.parametrize("count", [10, 2000])
def test_the_comment_fits_and_drops_whole_rows(research, count):
    research.setup()
    tags = ["t" * 60] * 4
    names = [f"{'n' * 70}-{i}" for i in range(count)]
    research.results(*(record(n, 5 + i / 1000, tags=tags, commit=research.head) for i, n in enumerate(names)))
    research.open()
    research.run(top="1000")
    assert len(research.comment.encode()) <= COMMENT_LIMIT
    assert research.last["truncated"] == ("true" if count > 100 else "false")
    assert_dead(research.comment)
    assert len(research.summary.encode()) < 1 << 20
    assert research.comment.count("<details") == research.comment.count("</details>")
    table = [line for line in research.comment.splitlines() if line.startswith("| ")]
    assert all(line.endswith(" |") for line in table)


def test_the_ladder_takes_the_longest_that_fits_and_ends_with_the_headline():
    assert fit(lambda detail: "x" * detail.rows, 60)[1] == LADDER.index(next(s for s in LADDER if s.rows <= 60))
    assert fit(lambda detail: "x" * 100, 10) == ("x" * 100, len(LADDER) - 1)


def test_what_changed_since_the_last_comment_is_said(research):
    research.setup()
    research.results(record("new", 11.0, commit=research.head))
    research.open()
    research.run()
    assert "Since the last comment" not in research.comment
    research.results(record("better", 9.0, commit=research.repo.git("rev-parse", "HEAD~1")))
    assert research.run() == 0
    assert research.last["comment-status"] == "updated"
    told = research.comment.split("Since the last comment", 1)[1]
    assert "best: `old-1 9.5 (rank 1)` → `better 9 (rank 1)`" in told
    assert "new candidate: `better 9 (rank 1)`" in told
    assert "candidate: `new 11 (rank 2)` → `new 11 (rank 3)`" in told


def test_a_state_survives_any_text_and_damage_is_no_state():
    state = {"verdict": "pass", "x": "--> <!-- `\n\u202e"}
    line = state_line(state)
    assert read_state(f"a\n{line}\nb") == state
    assert "-->" not in line[:-3]
    for damaged in (line[:-8], line.replace("e", "f"), "", None, "<!-- expflow-state AAAA -->"):
        assert read_state(damaged) == {}


def test_a_marker_is_the_first_line_and_nothing_else():
    marker = Marker("default", "0123456789abcdef")
    body = marker.over("text\nmore\n")
    assert read_marker(body) == marker
    assert read_marker(body.replace("\n", "\r\n")) == marker
    assert read_marker(body.rstrip()) == marker
    assert read_marker("text\n" + body) is None
    assert read_marker(body.replace(" -->", " --> and more", 1)) is None
    assert read_marker(None) is None


def test_a_comment_that_somebody_changed_is_not_as_we_wrote_it():
    body = Marker("default", "0123456789abcdef").over("## fail\n")
    assert read_marker(body.replace("fail", "pass")) == Marker("default", "0123456789abcdef", intact=False)


def test_a_comment_of_an_earlier_version_is_ours_still():
    old = "<!-- expflow key=default run=9 attempt=1 content=0123456789abcdef -->\n\n## pass"
    assert read_marker(old) == Marker("default", "0123456789abcdef", intact=False)


def test_a_chart_has_a_line_at_the_gate_and_names_that_cannot_end_its_block():
    bars = [Bar(1, 5.0, False, "fno"), Bar(2, 10.0, True, "```\n# x"), Bar(None, 20.0, False, "n" * 100)]
    chart = draw(bars, [15.0], "↓", 20)
    assert chart == [
        "    1 █████          ┊      5         fno",
        "▶   2 ██████████     ┊      10        '''\N{REPLACEMENT CHARACTER}# x",
        f"    – ████████████████████  20        {'n' * 31}…",
        "    ↓ ───────────────┊───── 0 … 20; ┊ gate 15",
    ]


@pytest.mark.parametrize(
    "values",
    [[0.0, 0.0], [-1.0, 1.0], [1e308, -1e308], [5e-324, 1.0], [0.991, 0.999], [-5.0, -4.9], [7, 7], [1e308, 1e308]],
)
def test_a_chart_of_any_values_is_as_wide_as_it_should_be(values):
    chart = draw([Bar(i, float(v), False) for i, v in enumerate(values, 1)], [0.5])
    assert not chart or {len(line[6:31]) for line in chart} == {25}


def test_values_close_together_are_dots_on_a_cut_axis():
    chart = draw([Bar(1, 0.999, False), Bar(2, 0.991, False)], [])
    assert "●" in chart[0]
    assert "█" not in "".join(chart)


@pytest.mark.parametrize(
    ("value", "gate", "shown"),
    [
        (18.0899999999, "pde_mean:lt:18.09", "18.0899999999"),
        (18.0900000001, "pde_mean:lt:18.09", "18.09"),
        (12.3933333333, "pde_mean:lt:18.09", "12.3933"),
        (18.0900000001, "pde_mean:le:18.09", "18.0900000001"),
        (7, "pde_mean:lt:18.09", "7"),
    ],
)
def test_a_number_never_seems_to_be_on_the_other_side_of_a_gate(value, gate, shown):
    assert short_in_gate(parse_gate(gate).judge(value)) == shown


def test_ranks_that_differ_never_show_the_same_number(research):
    research.setup()
    values = (0.12345671, 0.12345672)
    research.results(*(record(f"r{i}", value, commit=research.head) for i, value in enumerate(values)))
    research.open()
    research.run()
    assert "| 0.12345671 |" in research.comment
    assert "| 0.12345672 |" in research.comment
