"""Whose token this is: only what that account wrote is ours, since anybody can copy what we write."""

from __future__ import annotations

from typing import NamedTuple

from expflow_hooks.action.github import models
from expflow_hooks.action.github.client import ApiError, GitHub
from expflow_hooks.core.errors import UnreadableError

ACTIONS_BOT = "github-actions[bot]"


class Account(NamedTuple):
    """The account of a token."""

    login: str
    id: int = 0

    def is_author(self, user: models.User | None) -> bool:
        """Return whether this account is an author; one that was deleted is nobody."""
        user = user or models.User()
        if self.id and user.id:
            return user.id == self.id
        return user.login == self.login or (user.type == "Bot" and user.login == f"{self.login}[bot]")


WORKFLOW = Account(ACTIONS_BOT)
"""The account of a workflow's own token; no person can have its name: brackets are not allowed in one."""


def read_viewer(github: GitHub) -> Account:
    """Return the account of a token that a workflow was given; one that may not ask is taken for the workflow's own."""
    try:
        viewer = github.graphql("query{viewer{login databaseId}}").viewer
        return Account(viewer.login, viewer.databaseId or 0)
    except ApiError as error:
        if error.status == 401:
            raise
    except UnreadableError:
        pass
    return WORKFLOW
