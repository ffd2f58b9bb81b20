"""Pull requests, as verbs on GitHub's API."""

from __future__ import annotations

from expflow_hooks.action.github.client import ApiError, GitHub
from expflow_hooks.action.github.models import PullRequest
from expflow_hooks.action.request.event import Pull, to_pull


def get_pull(github: GitHub, repository: str, number: int) -> Pull:
    """Return one pull request as it is now."""
    return to_pull(github.get(f"/repos/{repository}/pulls/{number}", PullRequest))


def open_pulls(github: GitHub, repository: str) -> list[Pull]:
    """Return every open pull request, oldest first, as it is now.

    What a commit's own list of pull requests says is not asked: a fork's commit is missing there.
    """
    path = f"/repos/{repository}/pulls"
    pages = github.pages(path, list[PullRequest], state="open", sort="created", direction="asc")
    return [to_pull(found) for page in pages for found in page]


def pull_of_commit(github: GitHub, repository: str, commit: str) -> Pull | None:
    """Return the merged pull request that a commit on a branch is the outcome of, such as a squash."""
    path = f"/repos/{repository}/commits/{commit}/pulls"
    try:
        pulls = [to_pull(found) for page in github.pages(path, list[PullRequest]) for found in page]
    except ApiError as error:
        if error.status in (404, 422):  # GitHub does not know the commit
            return None
        raise
    return next((pull for pull in pulls if pull.merged and commit in (pull.merged_as, pull.head)), None)
