"""Whatever GitHub or ClearML answers, through the real client: it is read, or refused in one error without a key."""

from __future__ import annotations

import io
import json

import requests
from fuzz import made
from fuzz.test_answers import TASK
from hypothesis import given
from hypothesis import strategies as st
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse

from expflow_hooks.action.evidence.proposal import Proposal, ProposedCommit
from expflow_hooks.action.evidence.remote import Remote
from expflow_hooks.action.github import comments, pulls, statuses
from expflow_hooks.action.github.client import GitHub, make_session
from expflow_hooks.action.github.viewer import Account, read_viewer
from expflow_hooks.action.page.marker import Marker
from expflow_hooks.core.errors import ExpflowError
from expflow_hooks.core.metrics.gates import parse_gate
from expflow_hooks.core.policy.policy import Policy
from expflow_hooks.core.ranking.query import Query
from expflow_hooks.core.registry.experiment import Selection
from expflow_hooks.sources.base import Reading
from expflow_hooks.sources.clearml.client import Client
from expflow_hooks.sources.clearml.credentials import Credentials
from expflow_hooks.sources.clearml.read import open_clearml

KEY = "the-key-that-nobody-may-see"
SHA, OTHER = "a" * 40, "b" * 40
MARKER = Marker("default", "0123456789abcdef")
MINE = Account("me", 7)

COMMIT = {
    "sha": SHA,
    "commit": {"message": "m", "committer": {"date": "2026-11-01T00:00:00Z"}},
    "parents": [{"sha": OTHER}],
    "files": [{"filename": "a.py", "status": "modified", "sha": OTHER, "previous_filename": "b.py"}],
}
COMMENT = {
    "id": 3,
    "body": MARKER.over("x"),
    "html_url": "https://github.example/c",
    "created_at": "2026-11-01T00:00:00Z",
    "user": {"login": "me", "id": 7, "type": "User"},
}
PLACE = {"sha": SHA, "ref": "main", "repo": {"id": 1, "default_branch": "main"}}
PULL = {"number": 1, "base": PLACE, "head": PLACE, "merge_commit_sha": OTHER, "merged_at": None}
PROPOSAL = Proposal(OTHER, SHA, "", None, (ProposedCommit(SHA, None),))
TREE = {"tree": [{"sha": SHA, "path": "a", "mode": "100644", "type": "blob"}], "truncated": False}
STATUS = {
    "state": "success",
    "context": "x",
    "creator": {"login": "me", "id": 7},
    "target_url": "https://a/?expflow=--",
}


def thread(github):
    return comments.Thread(github, "o/r", 1, lambda: MINE)


def put(github):
    draft = comments.Draft(MARKER._replace(content="f" * 16), lambda shorter: "x")
    return comments.put_comment(thread(github), comments.find_ours(thread(github), "default"), draft)


ASKED = {
    "proposal": (
        lambda g: Remote(g, "o/r").proposal(OTHER, SHA),
        {"merge_base_commit": COMMIT, "commits": [COMMIT], "total_commits": 1},
    ),
    "tip": (lambda g: Remote(g, "o/r").tip("a/../b c"), {"object": {"sha": SHA}}),
    "parents": (lambda g: Remote(g, "o/r").parents(SHA), COMMIT),
    "leaks": (lambda g: Remote(g, "o/r").leaks(PROPOSAL, {OTHER}), COMMIT),
    "blobs": (lambda g: Remote(g, "o/r").blobs([SHA]), {}),
    "tree": (lambda g: Remote(g, "o/r").tree(SHA), TREE),
    "pull": (lambda g: pulls.get_pull(g, "o/r", 1), PULL),
    "pulls": (lambda g: list(pulls.open_pulls(g, "o/r")), [PULL]),
    "commit": (lambda g: pulls.pull_of_commit(g, "o/r", SHA), [PULL]),
    "viewer": (read_viewer, {"data": {"viewer": {"login": "me", "databaseId": 7}}}),
    "comments": (lambda g: comments.find_ours(thread(g), "default"), [COMMENT]),
    "comment": (put, [COMMENT]),
    "statuses": (lambda g: statuses.newest(g, "o/r", SHA, "x", lambda: MINE), [STATUS]),
    "status": (
        lambda g: statuses.post_status(g, "o/r", SHA, state="success", name="x", description="y", url="z"),
        {},
    ),
}
headers = st.dictionaries(
    st.sampled_from(["Retry-After", "X-RateLimit-Remaining", "X-RateLimit-Reset", "Location", "Content-Type"]),
    st.sampled_from(
        ["0", "1", "99999999999", "-1", "nan", "²", "Wed, 21 Oct 2026 07:28:00 GMT", "https://evil.example"]
    )
    | st.text(st.characters(max_codepoint=0xFF, exclude_characters="\r\n"), max_size=8),
    max_size=2,
)
links = st.sampled_from(
    [{}] * 3 + [{"Link": '</x?page=2>; rel="next"'}, {"Link": '<https://evil.example>; rel="next"'}]
)
statuses_said = st.sampled_from([200] * 8 + [201, 204, 301, 302, 401, 403, 404, 410, 422, 429, 500, 503])


def answers_like(document):
    """Return strategies of a few answers in a row: status, headers, body."""
    body = made.spoiled(document).map(lambda d: json.dumps(d).encode()) | st.binary(max_size=20)
    whole = st.builds(lambda a, b: {**a, **b}, headers, links)
    return st.lists(st.tuples(statuses_said, whole, body), min_size=1, max_size=4)


class Canned(HTTPAdapter):
    """A wire with answers in a row; the last one again and again, but not its next page."""

    def __init__(self, answers):
        super().__init__()
        self.answers = list(answers)

    def send(self, request, **options):
        status, headers, body = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        assert request.url.startswith("https://api.example") or "Authorization" not in request.headers
        if request.url.endswith("page=2"):
            headers = {}
        raw = HTTPResponse(io.BytesIO(body), headers, status, preload_content=False, request_url=request.url)
        return self.build_response(request, raw)


def ends_well(ask):
    """Ask; whatever comes back is fine but for an error that is none of ours, or one that shows the key."""
    try:
        ask()
    except ExpflowError as error:
        assert error.exit_code in (2, 3, 4)
        assert KEY not in str(error)
        assert "\n" not in str(error)


def wired(session, answers):
    wire = Canned(answers)
    for scheme in ("https://", "http://"):
        session.mount(scheme, wire)
    return session


@given(st.sampled_from(sorted(ASKED)).flatmap(lambda name: st.tuples(st.just(name), answers_like(ASKED[name][1]))))
def test_github_is_understood_or_refused(case):
    name, answers = case
    session = wired(make_session(KEY), answers)
    ends_well(lambda: ASKED[name][0](GitHub(session, "https://api.example", sleep=lambda seconds: None)))


TASKS = {
    "meta": {"result_code": 200, "result_subcode": 0, "result_msg": "OK"},
    "data": {"tasks": [TASK], "projects": [{"id": "1", "name": "PDE"}]},
}
QUERY = Query("pde_mean", gates=(parse_gate("train_time_min:lt:60"),), selection=Selection("PDE"))


@given(answers_like(TASKS))
def test_clearml_is_understood_or_refused(answers):
    client = Client(Credentials("https://api.example", "access", KEY), sleep=lambda seconds: None)
    client.server.session = wired(requests.Session(), answers)
    source = open_clearml(Policy(), QUERY, Reading(), client)
    ends_well(lambda: list(source.experiments(None)))
