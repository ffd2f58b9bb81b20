"""Draw comments as GitHub shows them: a real run on a real branch, GitHub's own Markdown parser, and Chromium.

python docs/img/comment.py             # comment.png, the README's picture
python docs/img/comment.py FOLDER      # every scene at the width of a phone and of a browser, to look at

It needs cmarkgfm (in the dev extra) and chromium (a Debian package).
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from scenes import SCENES, make

HERE = Path(__file__).resolve().parent
PHONE, BROWSER = 390, 1012
README = ("pass", 1012, 512)
STYLE = """
body { margin: 0; padding: 16px; background: #fff; color: #1f2328;
  font: 14px/1.5 -apple-system, "Segoe UI", "Noto Sans", "DejaVu Sans", Helvetica, Arial, sans-serif; }
.comment { border: 1px solid #d1d9e0; border-radius: 6px; overflow: hidden; }
.head { background: #f6f8fa; border-bottom: 1px solid #d1d9e0; padding: 8px 16px; color: #59636e; }
.head b { color: #1f2328; } .bot { border: 1px solid #d1d9e0; border-radius: 2em; padding: 0 7px; font-size: 12px; }
.body { padding: 16px; overflow-wrap: break-word; }
h2 { font-size: 21px; margin: 0 0 14px; padding-bottom: 6px; border-bottom: 1px solid #d1d9e0b3; }
h3 { font-size: 17px; margin: 0 0 14px; }
table { display: block; width: max-content; max-width: 100%; overflow: auto; border-collapse: collapse;
  margin: 0 0 16px; } th, td { border: 1px solid #d1d9e0; padding: 6px 13px; }
tr:nth-child(2n) td { background: #f6f8fa; }
code { background: #818b981f; border-radius: 6px; padding: .2em .4em; font: 85% "DejaVu Sans Mono", monospace; }
pre { background: #f6f8fa; border-radius: 6px; padding: 14px; line-height: 1.3; margin: 0 0 16px; overflow: auto; }
pre code { background: none; padding: 0; font-size: 12.5px; }
blockquote { margin: 0 0 16px; padding: 8px 16px; border-left: .25em solid #9a6700; }
blockquote b { color: #9a6700; }
details { margin-bottom: 12px; } summary { cursor: pointer; }
sub { font-size: 11px; color: #59636e; vertical-align: -2px; }
a { color: #0969da; text-decoration: none; } p { margin: 0 0 14px; } ul { padding-left: 2em; margin: 0 0 14px; }
"""


def main(arguments: list[str]) -> None:
    """Draw the README's picture, or every scene into a folder."""
    with tempfile.TemporaryDirectory() as scratch:
        if not arguments:
            scene, width, height = README
            draw(page_of(scene, Path(scratch)), HERE / "comment.png", width, height, Path(scratch))
            return
        for scene in SCENES:
            page = page_of(scene, Path(scratch))
            for width in (PHONE, BROWSER):
                draw(page, Path(arguments[0]) / f"{scene}-{width}.png", width, 1400, Path(scratch))


def page_of(scene: str, scratch: Path) -> Path:
    """Return a page with the comment of a scene."""
    page = scratch / f"{scene}.html"
    page.write_text(html(comment(make(scene, scratch / scene))), encoding="utf-8")
    return page


def comment(repo: Path) -> str:
    """Return the comment, as the command prints it for a branch."""
    environment = {**os.environ, "GITHUB_REPOSITORY": "org/research", "GITHUB_RUN_ID": "19611043012"}
    environment.pop("GITHUB_EVENT_NAME", None)
    command = [sys.executable, "-m", "expflow_hooks", "action", "--dry-run"]
    done = subprocess.run(command, cwd=repo, env=environment, capture_output=True, text=True)
    if not done.stdout:
        sys.exit(done.stderr)
    return done.stdout


def html(markdown: str) -> str:
    """Return the page, with the frame that GitHub puts around a comment, and its alerts."""
    import cmarkgfm
    from cmarkgfm.cmark import Options

    body = cmarkgfm.github_flavored_markdown_to_html(markdown, options=Options.CMARK_OPT_UNSAFE)
    body = re.sub(r"<blockquote>\s*<p>\[!(\w+)\]", lambda found: f"<blockquote><p><b>{found[1].title()}</b><br>", body)
    head = '<b>github-actions</b> <span class="bot">bot</span> commented'
    framed = f'<div class="comment"><div class="head">{head}</div><div class="body">{body}</div></div>'
    view = '<meta name="viewport" content="width=device-width">'
    return f'<!doctype html><meta charset="utf-8">{view}<style>{STYLE}</style>{framed}'


def draw(page: Path, picture: Path, width: int, height: int, scratch: Path) -> None:
    """Let Chromium draw a page; a frame holds it to the width, since no window is narrower than 500 pixels."""
    chromium = shutil.which("chromium") or sys.exit("chromium is needed: apt-get install -y chromium")
    frame = page.with_name(f"{page.stem}-frame.html")
    style = f"border:0;display:block;width:{width}px;height:{height}px"
    frame.write_text(
        f'<!doctype html><style>body{{margin:0}}</style><iframe src="{page.name}" style="{style}"></iframe>'
    )
    picture.parent.mkdir(parents=True, exist_ok=True)
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
    flags += [
        "--disable-component-update",
        "--disable-sync",
        "--hide-scrollbars",
        f"--user-data-dir={scratch / 'profile'}",
    ]
    flags += [f"--window-size={width},{height}", f"--screenshot={picture}", frame.as_uri()]
    subprocess.run([chromium, *flags], check=True, capture_output=True, timeout=120)
    print(picture)


if __name__ == "__main__":
    main(sys.argv[1:])
