"""The site: Markdown by MyST, the theme Furo; nothing is loaded from anywhere else."""

project = "Expflow hooks"
author = "The Expflow hooks maintainers"
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = "Expflow hooks"
html_show_sphinx = False
suppress_warnings = ["myst.header", "misc.highlighting_failure"]

_REPOSITORY = "https://github.com/org/expflow-action/blob/main/"


def _link_to_repository(app, document, source):
    """Lead a link out of `docs/` to the repository: what it names is no page of the site."""
    source[0] = source[0].replace("](../", f"]({_REPOSITORY}")


def setup(app):
    """Take part in the build."""
    app.connect("source-read", _link_to_repository)
