"""Pull requests, as verbs on GitHub's API."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from expflow_hooks.action.github.client import ApiError, GitHub
from expflow_hooks.action.github.models import PullRequest
from expflow_hooks.action.request.event import Pull, to_pull


def get_pull(github: GitHub, repository: str, number: int) -> Pull:
    """Return one pull request as it is now."""
    return to_pull(github.get(f"/repos/{repository}/pulls/{number}", PullRequest))


def open_pulls(github: GitHub, repository: str) -> Iterator[Pull]:
    """Yield every open pull request, oldest first."""
    path = f"/repos/{repository}/pulls"
    for page in github.pages(path, list[PullRequest], state="open", sort="created", direction="asc"):
        yield from map(to_pull, page)


def pull_of_head(github: GitHub, repository: str, owner: str, branch: str, head: str) -> Pull | None:
    """Return the open pull request of a branch, of this repository or a fork, if its head is still that commit."""
    path = f"/repos/{repository}/pulls"
    return _first(github, path, lambda pull: pull.head == head, state="open", head=f"{owner}:{branch}")


def pull_of_commit(github: GitHub, repository: str, commit: str) -> Pull | None:
    """Return the merged pull request that a commit on a branch is the outcome of, such as a squash."""
    path = f"/repos/{repository}/commits/{commit}/pulls"
    return _first(github, path, lambda pull: pull.merged and commit in (pull.merged_as, pull.head))


def _first(github: GitHub, path: str, wanted: Callable[[Pull], bool], **params: Any) -> Pull | None:
    try:
        pages = github.pages(path, list[PullRequest], **params)
        return next((pull for page in pages for pull in map(to_pull, page) if wanted(pull)), None)
    except ApiError as error:
        if error.status in (404, 422):  # GitHub does not know the commit
            return None
        raise
