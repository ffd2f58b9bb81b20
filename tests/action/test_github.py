"""The client: retries within one patience, pages, Enterprise's base path, and a token that goes to one server only."""

import time
from pathlib import Path

import pytest
import requests
from action.research import TOKEN
from fakes.github_server import FakeGitHub
from fakes.github_state import ACTIONS, REPOSITORY

from expflow_hooks.action.github.client import ApiError, GitHub, UnsureError, make_session
from expflow_hooks.core.errors import UnreadableError

PATH = f"/repos/{REPOSITORY}/issues/1/comments"


class Client(GitHub):
    """A client that notes how long it would have slept."""

    def __init__(self, api, **options):
        self.slept = []
        super().__init__(make_session(TOKEN), api, sleep=self.slept.append, **options)


@pytest.fixture
def client(server):
    server.state.accounts[TOKEN] = ACTIONS
    return Client(server.url)


@pytest.mark.parametrize(
    "fault",
    [
        "cut",
        (429, {}, {"message": "too many"}),
        (429, {"Retry-After": "3"}, {"message": "too many"}),
        (403, {}, {"message": "You have exceeded a secondary rate limit"}),
        (403, {"Retry-After": "2"}, {"message": "You have exceeded a secondary rate limit"}),
        (500, {}, {"message": "oops"}),
        (502, {}, {"message": "bad gateway"}),
        (503, {}, {}),
    ],
)
def test_what_passes_is_tried_again(client, server, fault):
    server.faults += [("GET", "/comments", fault)] * 2
    assert client.get(PATH, list) == []
    assert len(client.slept) == 2
    if isinstance(fault, tuple) and "Retry-After" in fault[1]:
        assert client.slept == [float(fault[1]["Retry-After"])] * 2


@pytest.mark.parametrize("status", [401, 403, 404, 410, 422])
def test_what_stays_is_not_tried_again(client, server, status):
    server.faults.append(("GET", "/comments", (status, {}, {"message": "no"})))
    with pytest.raises(ApiError) as error:
        client.get(PATH, list)
    assert (error.value.status, client.slept) == (status, [])
    assert f"GET {PATH}: {status} no" in str(error.value)


def test_all_retries_together_take_no_more_than_the_patience(client, server):
    server.faults += [("GET", "/comments", (503, {"Retry-After": "25"}, {}))] * 9
    with pytest.raises(ApiError):
        client.get(PATH, list)
    assert client.slept == [25.0, 25.0]
    with pytest.raises(ApiError):
        client.get(PATH, list)  # and none is left for the next request
    assert client.slept == [25.0, 25.0]


def test_a_limit_that_ends_too_late_is_not_waited_for(client, server):
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(time.time()) + 900)}
    server.faults.append(("GET", "/comments", (403, headers, {"message": "API rate limit exceeded"})))
    with pytest.raises(ApiError):
        client.get(PATH, list)
    assert client.slept == []


def test_a_write_that_may_have_been_carried_out_is_not_repeated(client, server):
    server.faults.append(("POST", "/comments", (502, {}, {})))
    with pytest.raises(UnsureError):
        client.request("POST", PATH, json={"body": "x"})
    server.faults.append(("POST", "/comments", (403, {"Retry-After": "1"}, {"message": "secondary rate limit"})))
    assert client.request("POST", PATH, json={"body": "x"}).status_code == 201


def test_every_page_is_read_wherever_the_next_one_is(client, server):
    for index in range(250):
        server.state.add_comment(1, f"{index}")
    assert [c["body"] for page in client.pages(PATH, list) for c in page] == [str(index) for index in range(250)]
    assert any(path.startswith("/repositories/") for _, path in server.log)


def test_a_next_page_on_another_server_does_not_get_the_token(client, server, tmp_path):
    with FakeGitHub(tmp_path).serving() as other:
        link = {"Link": f'<{other.url}/steal>; rel="next"'}
        server.faults.append(("GET", "/comments", (200, link, [])))
        with pytest.raises(UnreadableError, match="another server"):
            list(client.pages(PATH, list))
        assert other.log == []


def test_a_redirect_to_another_server_does_not_get_the_token(client, server, tmp_path):
    seen = []
    with FakeGitHub(tmp_path).serving() as other:
        other.answer = lambda request: (seen.append(request.who), (200, {}, None))[1]
        server.faults.append(("GET", "/comments", (302, {"Location": f"http://localhost:{other.url[-5:]}/x"}, {})))
        other.state.accounts[TOKEN] = ACTIONS
        client.request("GET", PATH)
    assert seen == [None]


def test_an_enterprise_server_has_another_base_path(tmp_path):
    with FakeGitHub(tmp_path, "/api/v3").serving() as server:
        server.state.accounts[TOKEN] = ACTIONS
        client = Client(server.url)
        for index in range(101):
            server.state.add_comment(1, f"{index}")
        assert sum(len(page) for page in client.pages(PATH, list)) == 101
        assert client.graphql_url == server.url.removesuffix("/v3") + "/graphql"


def test_a_netrc_does_not_replace_the_token(client, server, home):
    (home / ".netrc").write_text("machine 127.0.0.1 login other password other\n")
    assert client.get(PATH, list) == []


def test_the_token_is_in_no_repr():
    session = make_session(TOKEN)
    assert TOKEN not in repr(session.auth) + repr(session) + str(session.headers)


def test_an_untrusted_certificate_names_the_remedy(monkeypatch):
    client = Client("https://ghe.example/api/v3")

    def refuse(*arguments, **options):
        raise requests.exceptions.SSLError("certificate verify failed")

    monkeypatch.setattr(client._transport._session, "request", refuse)
    with pytest.raises(UnreadableError, match="REQUESTS_CA_BUNDLE"):
        client.get("/x", list)
    assert client.slept == []


def test_a_ca_file_of_the_environment_is_used(monkeypatch, tmp_path):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    settings = make_session("").merge_environment_settings("https://ghe.example", {}, None, None, None)
    assert settings["verify"] == str(Path(tmp_path / "ca.pem"))


def test_a_redirect_that_nobody_follows_is_no_success(client, server):
    for status in (301, 302, 303, 307):
        server.faults.append(("POST", "/comments", (status, {}, {"message": "moved"})))
        with pytest.raises(ApiError) as error:
            client.request("POST", PATH, json={"body": "x"})
        assert error.value.status == status
    assert server.state.comments == {}


def test_a_write_to_a_repository_that_was_renamed_is_repeated_there(client, server):
    server.faults.append(("POST", "/repos/old/name/", (307, {"Location": server.url + PATH}, {})))
    assert client.request("POST", PATH.replace(REPOSITORY, "old/name"), json={"body": "x"}).status_code == 201
    assert len(server.state.comments) == 1


def test_a_server_that_trickles_is_left_after_the_deadline(server):
    server.state.accounts[TOKEN] = ACTIONS
    server.faults += [("GET", "/comments", "trickle")] * 9
    with pytest.raises(UnreadableError, match="took too long"):
        Client(server.url, deadline=0.1, patience=0.3).get(PATH, list)


def test_a_graphql_that_is_down_is_asked_once(client, server):
    server.faults += [("POST", "/graphql", (502, {}, {}))] * 9
    with pytest.raises(UnreadableError):
        client.graphql("query{viewer{login}}")
    assert (len(server.log), client.slept) == (1, [])
