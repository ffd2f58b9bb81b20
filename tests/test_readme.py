"""README.md, as a reader would try it."""

from documents import ROOT, run, steps


def test_every_console_block_works_as_written(work, home):
    (work / "examples").symlink_to(ROOT / "examples")
    assert len(steps("README.md")) > 6
    run("README.md", work)


def test_the_demo_runs_through(work):
    import subprocess
    import sys

    done = subprocess.run([sys.executable, "examples/demo.py"], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Nothing of it is left" in done.stdout
