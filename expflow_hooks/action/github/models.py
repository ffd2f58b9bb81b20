"""What is read of GitHub's answers, as types: one of another shape is refused where it arrives, with the place."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct

ObjectId = Annotated[str, Meta(pattern=r"\A[0-9a-f]{40}([0-9a-f]{24})?\Z")]
"""A git object's id: nothing else may become part of an address."""


class User(Struct):
    """Who wrote a comment or set a status."""

    login: str | None = None
    id: int | None = None
    type: str | None = None


class Person(Struct):
    """Who signed a commit, and when, in ISO 8601."""

    date: str | None = None


class Message(Struct):
    """What git itself knows of a commit."""

    message: str = ""
    committer: Person | None = None


class File(Struct):
    """A file that a commit or a comparison touches; `sha` is the blob's id."""

    filename: str
    status: str = ""
    sha: ObjectId | None = None
    previous_filename: str | None = None


class Parent(Struct):
    """A commit by its id alone."""

    sha: ObjectId


class Commit(Struct):
    """A commit; its files only where it is asked for alone."""

    sha: ObjectId
    commit: Message
    parents: list[Parent] = []
    files: list[File] | None = None


class CommitComparison(Struct):
    """Two commits compared: the commits between them, oldest first, a page at a time, and how many there are."""

    merge_base_commit: Commit
    commits: list[Commit]
    total_commits: int


class Entry(Struct):
    """One entry of a tree; a folder is one too."""

    path: str
    mode: str
    type: str
    sha: ObjectId


class Tree(Struct):
    """A folder, or with everything below it, unless that was too much."""

    tree: list[Entry]
    truncated: bool = False


class RefTarget(Struct):
    """What a reference leads to."""

    sha: ObjectId


class Reference(Struct):
    """Where a branch is."""

    object: RefTarget


class Status(Struct):
    """A commit's status: `context` is its name, `target_url` where it leads."""

    state: str
    context: str
    description: str | None = None
    target_url: str | None = None
    created_at: str | None = None
    creator: User | None = None


class RepositoryName(Struct):
    """Where a branch is."""

    id: int
    default_branch: str | None = None


class Branch(Struct):
    """One end of a pull request; a head whose fork was deleted has no repository."""

    sha: ObjectId
    ref: str
    repo: RepositoryName | None = None


class BaseBranch(Branch):
    """The end that a pull request goes to, whose repository is always there."""

    repo: RepositoryName


class PullRequest(Struct):
    """A pull request, as webhooks describe it too."""

    number: int
    base: BaseBranch
    head: Branch
    state: str = "open"
    merge_commit_sha: ObjectId | None = None
    merged: bool | None = None
    merged_at: str | None = None


class Comment(Struct):
    """A comment of a pull request; one whose author was deleted is nobody's."""

    id: int
    user: User | None = None
    body: str | None = None
    html_url: str | None = None
    created_at: str | None = None
    updated_at: str | None = None


class Viewer(Struct):
    """Whose token it is."""

    login: str
    databaseId: int | None = None  # GraphQL's name


class ViewerData(Struct):
    """What the query for the viewer gives."""

    viewer: Viewer


class GraphQL(Struct):
    """The answer to the one GraphQL query; errors come with data or without."""

    data: ViewerData | None = None
    errors: list[Any] | None = None
