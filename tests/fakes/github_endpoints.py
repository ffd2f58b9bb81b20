"""What each endpoint of the fake GitHub answers, with the limits and refusals that the real one has."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import unquote

from fakes.github_state import REPOSITORY, REPOSITORY_ID, Account, State
from fakes.schema import check, filled

Answer = tuple[int, Any, str | None]
"""Status, body (None for nothing, bytes as they are), and the model that the body must be of."""
LONGEST_COMMENT = 65_536
LONGEST_DESCRIPTION = 140
_TOO_MANY = "This SHA and context has reached the maximum number of statuses."


class Request(NamedTuple):
    """One request: whom the token is of, what the query and the body hold, and which form is accepted."""

    method: str
    path: str
    query: dict[str, str]
    body: Any
    who: Account | None
    accept: str = ""


def answer(state: State, request: Request) -> Answer:
    """Return the answer of the endpoint that a request is for."""
    if request.who is None:
        return error(401, "Bad credentials")
    path = request.path.replace(f"/repositories/{REPOSITORY_ID}/", f"/repos/{REPOSITORY}/")
    for wanted, pattern, endpoint in _ENDPOINTS:
        found = re.fullmatch(pattern, path.removeprefix(f"/repos/{REPOSITORY}"))
        if wanted == request.method and found:
            if request.method != "GET" and pattern != "/graphql":
                if not request.who.writes:
                    return error(403, "Resource not accessible by integration")
                if state.archived:
                    return error(403, "Repository was archived so is read-only.")
            try:
                return endpoint(state, request, *map(unquote, found.groups()))
            except KeyError:
                return error(404, "Not Found")
    return error(404, "Not Found")


def error(status: int, message: str) -> Answer:
    """Return a refusal."""
    model = "ValidationError" if status == 422 else "BasicError"
    return status, filled(model, message=message), model


def _comments(state: State, request: Request, number: str) -> Answer:
    since = request.query.get("since", "")
    return 200, [c for c in state.comments_on(int(number)) if c["updated_at"] >= since], "IssueComment"


def _create_comment(state: State, request: Request, number: str) -> Answer:
    check("ReposOwnerRepoIssuesIssueNumberCommentsPostBody", request.body)
    if len(request.body["body"]) > LONGEST_COMMENT:
        return error(422, "Body is too long")
    if state.pulls.get(int(number), {}).get("locked"):
        return error(403, "Unable to create comment because issue is locked.")
    if len(state.comments_on(int(number))) >= state.limits.comments:
        return error(403, "Commenting is disabled on issues with more than 2500 comments")
    assert request.who is not None
    return 201, state.add_comment(int(number), request.body["body"], request.who), "IssueComment"


def _edit_comment(state: State, request: Request, comment: str) -> Answer:
    check("ReposOwnerRepoIssuesCommentsCommentIdPatchBody", request.body)
    if len(request.body["body"]) > LONGEST_COMMENT:
        return error(422, "Body is too long")
    return 200, state.edit_comment(int(comment), request.body["body"]), "IssueComment"


def _delete_comment(state: State, request: Request, comment: str) -> Answer:
    del state.comments[int(comment)]
    return 204, None, None


def _pull(state: State, request: Request, number: str) -> Answer:
    return 200, state.pulls[int(number)], "PullRequest"


def _pulls(state: State, request: Request) -> Answer:
    wanted = request.query.get("head")
    found = [p for p in state.pulls.values() if p["state"] == request.query.get("state", "open")]
    return 200, [p for p in found if wanted in (None, p["head"]["label"])], "PullRequestSimple"


def _pulls_of_commit(state: State, request: Request, commit: str) -> Answer:
    """Answer with those of this repository: a fork's commit is none of its own."""
    own = [p for p in state.pulls.values() if (p["head"]["repo"] or {}).get("id") == REPOSITORY_ID]
    return 200, [p for p in own if commit in (p["merge_commit_sha"], p["head"]["sha"])], "PullRequestSimple"


def _commit(state: State, request: Request, commit: str) -> Answer:
    return 200, state.commit(commit, files=True), "Commit"


def _compare(state: State, request: Request, base: str, head: str) -> Answer:
    paged = bool({"page", "per_page"} & set(request.query))
    return 200, state.comparison(base, head, paged=paged), "CommitComparison"


def _contents(state: State, request: Request, path: str) -> Answer:
    blob, content = state.file(request.query["ref"], path)
    if ".raw" in request.accept:
        return 200, content, None
    small = len(content) <= state.limits.contents_bytes
    body = filled("ContentFile", path=path, sha=blob, size=len(content), name=path.rsplit("/", 1)[-1])
    body |= {"encoding": "base64" if small else "none", "content": base64.b64encode(content).decode() if small else ""}
    return 200, body, "ContentFile"


def _blob(state: State, request: Request, blob: str) -> Answer:
    return 200, state.bytes("cat-file", "blob", blob), None


def _tree(state: State, request: Request, tree: str) -> Answer:
    return 200, state.tree(tree, recursive="recursive" in request.query), "GitTree"


def _ref(state: State, request: Request, branch: str) -> Answer:
    tip = {"type": "commit", "sha": state.tip(branch), "url": "u"}
    return 200, filled("GitRef", ref=f"refs/heads/{branch}", object=tip), "GitRef"


def _statuses(state: State, request: Request, commit: str) -> Answer:
    return 200, state.statuses_of(commit), "Status"


def _set_status(state: State, request: Request, commit: str) -> Answer:
    check("ReposOwnerRepoStatusesShaPostBody", request.body)
    assert request.who is not None
    if len(request.body["description"]) > LONGEST_DESCRIPTION:
        return error(422, "description is too long (maximum is 140 characters)")
    same = [status for status in state.statuses_of(commit) if status["context"] == request.body["context"]]
    if len(same) >= state.limits.statuses:
        return error(422, _TOO_MANY)
    return 201, state.add_status(commit, request.body, request.who), "Status"


def _graphql(state: State, request: Request) -> Answer:
    assert request.who is not None
    return 200, {"data": {"viewer": {"login": request.who.login, "databaseId": request.who.id}}}, None


_ENDPOINTS: list[tuple[str, str, Callable[..., Answer]]] = [
    ("GET", r"/issues/(\d+)/comments", _comments),
    ("POST", r"/issues/(\d+)/comments", _create_comment),
    ("PATCH", r"/issues/comments/(\d+)", _edit_comment),
    ("DELETE", r"/issues/comments/(\d+)", _delete_comment),
    ("GET", r"/pulls/(\d+)", _pull),
    ("GET", r"/pulls", _pulls),
    ("GET", r"/commits/([0-9a-f]+)/pulls", _pulls_of_commit),
    ("GET", r"/commits/([0-9a-f]+)/statuses", _statuses),
    ("GET", r"/commits/([0-9a-f]+)", _commit),
    ("GET", r"/compare/([0-9a-f]+)\.\.\.([0-9a-f]+)", _compare),
    ("GET", r"/contents/(.+)", _contents),
    ("GET", r"/git/blobs/([0-9a-f]+)", _blob),
    ("GET", r"/git/trees/([0-9a-f]+)", _tree),
    ("GET", r"/git/ref/heads/(.+)", _ref),
    ("POST", r"/statuses/([0-9a-f]+)", _set_status),
    ("POST", r"/graphql", _graphql),
]
