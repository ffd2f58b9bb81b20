"""Every disguise is found and every innocent file passes, as a file and as a blob."""

import os
from pathlib import Path

import pytest
from corpus import INNOCENT, LEAKS, H

from expflow_hooks.scan import ScanReport, files, findings
from expflow_hooks.scan.prefilter import suspect


def found(folder: Path, name: str, content: str | bytes) -> list[findings.Finding]:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    report = ScanReport()
    files.scan([os.fspath(path)], report)
    assert report.items == 1 and not report.problems
    return report.findings


@pytest.mark.parametrize(("name", "content"), LEAKS.values(), ids=LEAKS.keys())
def test_a_leak_is_found(name: str, content: str | bytes, tmp_path: Path) -> None:
    assert found(tmp_path, name, content)


@pytest.mark.parametrize(("name", "content"), INNOCENT.values(), ids=INNOCENT.keys())
def test_an_innocent_file_passes(name: str, content: str | bytes, tmp_path: Path) -> None:
    assert found(tmp_path, name, content) == []


def test_the_corpus_is_as_large_as_promised() -> None:
    assert len(LEAKS) >= 60 and len(INNOCENT) >= 60


@pytest.mark.parametrize("before", range(70))
def test_a_digest_is_found_at_every_offset_of_the_sample(before: int) -> None:
    data = b"-" * before + H.encode() + b"-"
    assert suspect(data, len(data))
    assert not suspect(data, len(data) - 9)
