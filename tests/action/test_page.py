"""The comment's layout: what a reader sees at once, and what is folded, on real branches of a research repository."""

import re
import subprocess
import sys
from html import unescape

import cmarkgfm
import pytest
from action.research import POLICY, record
from cmarkgfm.cmark import Options
from documents import ROOT

sys.path.insert(0, str(ROOT / "docs" / "img"))
import scenes


@pytest.fixture
def page(tmp_path):
    """Return a function that makes a scene and returns its comment as HTML: what is open, and what is folded."""

    def made(scene):
        repo = scenes.make(scene, tmp_path / scene)
        command = [sys.executable, "-m", "expflow_hooks", "action", "--dry-run"]
        done = subprocess.run(command, cwd=repo, capture_output=True, text=True)
        html = cmarkgfm.github_flavored_markdown_to_html(done.stdout, options=Options.CMARK_OPT_UNSAFE)
        shown = re.sub(r"<details>.*?</details>", "", html, flags=re.S)
        return shown, html

    return made


def text(html):
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


def rows(html):
    """Return the rows of the tables, each as the texts of its cells."""
    found = re.findall(r"<tr>(.*?)</tr>", html, re.S)
    return [[text(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S)] for row in found]


def test_sixty_candidates_of_which_eleven_fail_are_counted_and_the_failing_stand_first(page):
    shown, html = page("sixty")
    assert text(shown).startswith("❌ Expflow: 11 of 60 candidate groups fail ▶ sweep-02 is rank 1 of 55")
    heading, *found, more = rows(shown)
    assert heading == ["Candidate", "pde_mean ↓", "Gates"]
    assert [row[0][0] for row in found] == ["❌"] * 11 + ["✅"] * 4
    assert more[0] == "45 more hold"
    assert not [row for row in found if not row[0][2:].startswith("sweep-")]
    assert "Audit: 33 of 180 fail" in text(shown)
    assert "Why they are candidates: by line · ran this code." in text(shown)
    assert "fno-w32" in html and "fno-w32" not in shown, "the ranking is folded"


def test_a_candidate_has_its_value_its_difference_its_gates_and_how_it_belongs(page):
    shown, html = page("pass")
    assert text(shown).startswith("✅ Expflow: pass ▶ galerkin-tf is rank 1 of 7 by pde_mean")
    _, candidate = rows(shown)
    assert "by line · ran this code" in candidate[0]
    assert re.search(r"11\.39 ± 0\.117 n=3 -0\.3333 \(-2\.84%\), better", candidate[1])
    assert "✅ pde_mean < 18.09 +6.697" in candidate[2] and "✅ train_time_min < 60 32.83 +27.17" in candidate[2]
    folded = html[len(html) - len(html.split("</table>", 1)[1]) :]
    summaries = [summary for summary in re.findall(r"<summary>(.*?)</summary>", folded) if "Registry" not in summary]
    assert summaries == ["Audit: every rule holds", "Parameters that differ", "Ranking: 7 ranked, 1 below the line"]
    assert "Args/name fno-w64 → galerkin-tf" in text(folded)
    assert "Args/seed" not in text(folded), "what the groups ignore is no difference"


def test_a_candidate_that_fails_says_why_before_where_it_stands(page):
    shown, _ = page("fail")
    assert text(shown).startswith("❌ Expflow: fail galerkin-wide : pde_mean < 18.09 fails: 19.79")
    assert "❌ pde_mean < 18.09 -1.703" in rows(shown)[1][2]
    assert "(+68.8%), worse" in rows(shown)[1][1]


def test_a_leak_says_where_it_is(page):
    shown, _ = page("leak")
    assert "1 place gives a PIN away" in text(shown)
    assert re.search(r"[0-9a-f]{12}:config\.yaml:2:9 EXP001", text(shown))


def test_a_loosened_policy_is_marked_and_open(page):
    shown, html = page("loosened")
    assert "1 change loosens it . It is judged by the base's." in text(shown)
    assert "leaderboard.gates pde_mean < 18.09 pde_mean < 25 ⚠️ loosens" in text(html)


def test_what_waits_says_what_it_waits_for(page):
    shown, _ = page("undecided")
    assert text(shown).startswith("⏳ Expflow: undecided galerkin-tf has 2 of 3 runs")
    assert "1 experiment of this change is unfinished" in text(shown)
    assert rows(shown)[1][0].startswith("⏳")


def test_no_candidate_is_two_lines_and_folds(page):
    shown, _ = page("none")
    assert text(shown).startswith("⚪ Expflow: no candidate no completed experiment belongs to this change")
    assert not rows(shown)


def test_the_best_that_it_is_compared_with_is_none_of_the_change(research):
    """Also not one that is no longer judged: the morning's runs of a branch are no base."""
    research.setup()
    research.results(record("morning", 1.0, commit=research.head))
    research.change()
    research.results(record("noon", 9.0, commit=research.head))
    research.open()
    assert research.run() == 0
    assert "0.5 (5.26%) better than the base's best, `old-1`" in research.comment
    assert "Not judged: `morning`, since it ran other code than those above." in research.comment


def test_a_value_never_looks_as_if_it_were_on_the_other_side_of_its_gate(research):
    research.setup(POLICY.replace("[pde_mean:lt:18.09, ", "[pde_mean:lt:18.09, pde_mean:gt:1, "))
    research.results(record("close", 18.0899999, commit=research.head))
    research.open()
    assert research.run() == 0
    assert "| 18.0899999<br>" in research.comment
