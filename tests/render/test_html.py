"""The page: whole without a script, nothing from elsewhere, and no name in it is alive."""

import base64
import re
from hashlib import sha256
from html.parser import HTMLParser

import pytest

from expflow_hooks.cli import main
from expflow_hooks.render.html.assets import SCRIPT
from expflow_hooks.render.html.drawing import Point, dots, frontier, scale_of, shared, timeline

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</title></style></table><h1>x",
    "javascript:alert(1)",
    "&lt;b&gt; &amp; ]]> <!-- x",
    "\u202egnp.exe\x1b[31m\x00",
    "../../../etc/passwd",
    "http://elsewhere.example/x.png",
]


class Seen(HTMLParser):
    """What a browser would see: elements with their attributes, and the text."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.text = [], ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.text += data


@pytest.fixture
def report(work, registry):
    """Write a report of records; return the pages by path."""

    def write(*records, options=()):
        path = registry(*records)
        assert main(["report", "--source", str(path), "--sort-by", "pde_mean", "--output", "out", *options]) == 0
        return {str(page.relative_to(work / "out")): page.read_text() for page in (work / "out").rglob("*.html")}

    return write


def run(name, value, **more):
    return {"experiment_id": name, "metrics": {"pde_mean": value}, "timestamp": "2026-01-02T03:04:05Z", **more}


def test_every_row_and_every_run_has_its_place(report):
    pages = report(
        run("a", 15.5), run("b", 14.25), run("broken", None), run("c", 20.0), options=["--gate", "pde_mean:lt:18"]
    )
    seen = Seen(pages.pop("index.html"))
    links = [attributes["href"] for tag, attributes in seen.elements if tag == "a"]
    assert sorted(links) == sorted(pages) and len(links) == 4
    assert "14.25" in seen.text and "pde_mean is null" in seen.text and "pde_mean < 18 fails: 20" in seen.text
    headings = [attributes for tag, attributes in seen.elements if tag == "th" and attributes.get("scope") == "col"]
    assert [h["aria-sort"] for h in headings].count("ascending") == 1
    assert all("../index.html" in page for page in pages.values())


def test_nothing_is_loaded_and_only_our_script_may_run(report):
    for name, page in report(run("a", 15.5), run("b", 14.0)).items():
        seen = Seen(page)
        policies = [a["content"] for tag, a in seen.elements if a.get("http-equiv") == "Content-Security-Policy"]
        assert len(policies) == 1 and policies[0].startswith("default-src 'none'; ")
        assert not [a for _, a in seen.elements if {"src", "srcset", "style", "onclick"} & set(a)]
        assert not re.search(r"https?://", page)
        scripts = re.findall(r"<script>(.*?)</script>", page, re.S)
        assert scripts == ([SCRIPT] if name == "index.html" else [])
        for kind, texts in (("script-src", scripts), ("style-src", re.findall(r"<style>(.*?)</style>", page, re.S))):
            for text in texts:
                digest = base64.b64encode(sha256(text.encode()).digest()).decode()
                assert f"{kind} 'sha256-{digest}'" in policies[0]


def test_the_script_is_small():
    assert len(SCRIPT) < 2048


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_is_alive(report, work, name):
    record = {**run(name, 15.0), "name": name, "tags": [name], "params": {name: name}, "branch": name}
    pages = report(record, run("plain", 14.0))
    assert len(pages) == 3
    known = {"html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "label", "input", "svg", "g", "use"}
    known |= {"path", "circle", "text", "div", "table", "caption", "thead", "tbody", "tr", "th", "td", "button", "a"}
    for page in pages.values():
        seen = Seen(page)
        assert {tag for tag, _ in seen.elements} <= known | {"script"}
        assert sum(tag == "script" for tag, _ in seen.elements) == page.count(SCRIPT)
        links = [attributes["href"] for tag, attributes in seen.elements if tag in ("a", "use")]
        known_links = r"#g[0-9a-f]+|\.\./index\.html|runs/(_[0-9a-f]{12}|plain)\.html"
        assert all(re.fullmatch(known_links, link) for link in links)
        assert not [name for _, attributes in seen.elements for name in attributes if name.startswith("on")]
        assert not [c for c in page if ord(c) < 32 and c != "\n"]
    assert not (work.parent / "etc").exists()


def test_a_page_of_a_thousand_rows_with_five_seeds_is_small(report):
    import gzip
    import random

    rng = random.Random(5)
    records = [
        run(f"fno-{i}-{seed}", round(rng.gauss(16, 1), 4), params={"width": i, "seed": seed})
        for i in range(1000)
        for seed in range(5)
    ]
    page = report(*records, options=["--group-ignore", "seed", "--gate", "pde_mean:lt:18.09"])["index.html"].encode()
    assert page.count(b"<tr") == 1001
    assert len(page) < 400_000
    assert len(gzip.compress(page)) < 40_000


def test_the_frontier_is_what_was_best_so_far():
    from datetime import datetime, timezone

    points = [Point(datetime(2026, 1, day, tzinfo=timezone.utc), value) for day, value in enumerate([5, 6, 4, 4, 3], 1)]
    assert [p.value for p in frontier(points, higher=False)] == [5, 4, 3]
    assert [p.value for p in frontier(points, higher=True)] == [5, 6]
    assert timeline(points[:1], "m", higher=True, gate=None) == ""
    assert "the record went from 5 to 3 in 3 steps" in timeline(points, "m", higher=False, gate=4.5)


def test_dots_say_in_words_what_they_show():
    scale = scale_of([1.0, 3.0])
    assert 'aria-label="2 runs, 1 to 3"' in dots([1.0, 3.0], scale)
    assert 'aria-label="1 run, 1"' in dots([1.0], scale)
    assert dots([], scale) == ""
    assert 'class="gate"' in shared(scale, 2.0, (1.0, 1.5)) and 'class="gate"' not in shared(scale, 9.0, None)
