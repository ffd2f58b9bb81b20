"""Make comment.png: a real comment on a real pull request, parsed by GitHub's own Markdown parser, drawn by Chromium.

python docs/img/comment.py            # needs cmarkgfm (in the dev extra) and chromium (a Debian package)
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from expflow_hooks.core.registry.writer import Writer

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
WIDTH, HEIGHT = 1060, 830
POLICY = """\
version: 1
leaderboard:
  source: experiments.jsonl
  sort_by: pde_mean
  gates: [pde_mean:lt:18.09, train_time_min:lt:60]
  group_by: {ignore: [seed], aggregate: mean, min_runs: 3}
  paths: ["src/**"]
  top: 6
audit:
  rules: competition
"""
MODELS = {
    "fno-w64": 11.9,
    "fno-w32": 12.6,
    "unet-large": 13.4,
    "transolver": 14.1,
    "deeponet": 15.8,
    "gno-radius": 17.2,
    "pinn-l2": 21.5,
}
STYLE = """
body { margin: 0; padding: 24px; background: #fff; color: #1f2328;
  font: 14px/1.5 -apple-system, "Segoe UI", "Noto Sans", "DejaVu Sans", Helvetica, Arial, sans-serif; }
.comment { border: 1px solid #d1d9e0; border-radius: 6px; overflow: hidden; }
.head { background: #f6f8fa; border-bottom: 1px solid #d1d9e0; padding: 8px 16px; color: #59636e; }
.head b { color: #1f2328; } .bot { border: 1px solid #d1d9e0; border-radius: 2em; padding: 0 7px; font-size: 12px; }
.body { padding: 16px; }
h2 { font-size: 21px; margin: 0 0 14px; padding-bottom: 6px; border-bottom: 1px solid #d1d9e0b3; }
table { border-collapse: collapse; margin: 0 0 16px; } th, td { border: 1px solid #d1d9e0; padding: 6px 13px; }
tr:nth-child(2n) td { background: #f6f8fa; }
code { background: #818b981f; border-radius: 6px; padding: .2em .4em; font: 85% "DejaVu Sans Mono", monospace; }
pre { background: #f6f8fa; border-radius: 6px; padding: 14px; line-height: 1.3; margin: 0 0 16px; }
pre code { background: none; padding: 0; font-size: 12.5px; }
blockquote { margin: 0 0 16px; padding: 0 1em; border-left: .25em solid #9a6700; }
details { margin-bottom: 12px; } summary { cursor: pointer; }
sub { font-size: 11px; color: #59636e; vertical-align: -2px; }
a { color: #0969da; text-decoration: none; } p { margin: 0 0 14px; } ul { padding-left: 2em; margin: 0 0 14px; }
"""


def main() -> None:
    """Make the repository, its comment, and the picture."""
    with tempfile.TemporaryDirectory() as folder:
        repo = Path(folder) / "research"
        make_repository(repo)
        markdown = comment(repo)
        page = Path(folder) / "comment.html"
        page.write_text(html(markdown), encoding="utf-8")
        draw(page, Path(folder) / "profile")
    print(HERE / "comment.png")


def make_repository(repo: Path) -> None:
    """Make a base with seven configurations of three seeds each, and a branch that adds an eighth."""
    draws = random.Random(3)
    git(repo.parent, "init", "--quiet", "--initial-branch=main", str(repo))
    (repo / "src").mkdir()
    (repo / "src" / "model.py").write_text("WIDTH = 64\n")
    (repo / "expflow.yaml").write_text(POLICY)
    registry = Writer(str(repo / "experiments.jsonl"))
    for name, value in MODELS.items():
        for seed in (1, 2, 3):
            registry.append(run(name, seed, value, draws, ""))
    git(repo, "add", ".")
    git(repo, "commit", "--quiet", "--message", "base")
    git(repo, "checkout", "--quiet", "-b", "galerkin")
    (repo / "src" / "model.py").write_text("WIDTH = 96\n")
    git(repo, "commit", "--quiet", "--all", "--message", "Galerkin attention")
    head = git(repo, "rev-parse", "HEAD")
    for seed in (1, 2, 3):
        registry.append(run("galerkin-tf", seed, 12.2, draws, head))
    git(repo, "commit", "--quiet", "--all", "--message", "Results")


def run(name: str, seed: int, value: float, draws: random.Random, commit: str) -> dict[str, object]:
    """Return one record of the registry."""
    metrics = {
        "pde_mean": round(value + draws.uniform(-0.4, 0.4), 2),
        "train_time_min": round(value * 2.9 + draws.uniform(-3, 3), 1),
        "seg_total": round(90 - value + draws.uniform(-1, 1), 1),
    }
    params = {"Args/model": name, "Args/seed": str(seed), "Args/sub_step": "4"}
    entry: dict[str, object] = {
        "experiment_id": f"{name}-{seed}",
        "name": name,
        "status": "completed",
        "metrics": metrics,
    }
    entry |= {"params": params, "tags": ["task1", name.split("-")[0]], "timestamp": f"2026-11-2{seed}T09:00:00Z"}
    commit = commit or f"{random.Random(name).getrandbits(160):040x}"
    return entry | {"commit": commit, "dirty": False}


def comment(repo: Path) -> str:
    """Return the comment, as the command prints it for this branch."""
    environment = {**os.environ, "GITHUB_REPOSITORY": "org/research", "GITHUB_RUN_ID": "19611043012"}
    environment.pop("GITHUB_EVENT_NAME", None)
    command = [sys.executable, "-m", "expflow_hooks", "action", "--dry-run"]
    done = subprocess.run(command, cwd=repo, env=environment, capture_output=True, text=True, check=True)
    return done.stdout


def html(markdown: str) -> str:
    """Return the page, with the frame that GitHub puts around a comment."""
    import cmarkgfm
    from cmarkgfm.cmark import Options

    body = cmarkgfm.github_flavored_markdown_to_html(markdown, options=Options.CMARK_OPT_UNSAFE)
    head = '<b>github-actions</b> <span class="bot">bot</span> commented'
    comment = f'<div class="comment"><div class="head">{head}</div><div class="body">{body}</div></div>'
    return f'<!doctype html><meta charset="utf-8"><style>{STYLE}</style>{comment}'


def draw(page: Path, profile: Path) -> None:
    """Let Chromium draw the page."""
    chromium = shutil.which("chromium") or sys.exit("chromium is needed: apt-get install -y chromium")
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
    flags += ["--disable-component-update", "--disable-sync", "--hide-scrollbars", f"--user-data-dir={profile}"]
    flags += [f"--window-size={WIDTH},{HEIGHT}", f"--screenshot={HERE / 'comment.png'}", page.as_uri()]
    subprocess.run([chromium, *flags], check=True, capture_output=True, timeout=120)


def git(folder: Path, *arguments: str) -> str:
    """Run git with no one's configuration."""
    person = {f"GIT_{who}_{what}": "a@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environment = {**os.environ, **person, "GIT_CONFIG_GLOBAL": os.devnull}
    done = subprocess.run(["git", *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


if __name__ == "__main__":
    main()
