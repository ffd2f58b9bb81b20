"""The client against a server, a network and a configuration that fail in every way we know."""

from __future__ import annotations

import socket
import subprocess
import time
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from fakes.clearml_faults import cut, html, refuse, slow
from fakes.clearml_server import ACCESS, EXPIRED, SECRET, TOKEN, Server
from fakes.clearml_tasks import task

from expflow_hooks.core.errors import UnreadableError
from expflow_hooks.sources.clearml.client import Client, ServerError
from expflow_hooks.sources.clearml.credentials import Credentials, find_credentials

QUERY = {"page": 0, "page_size": 500}


def ask(client):
    return client.call("tasks.get_all_ex", QUERY)["tasks"]


def message(client, error=UnreadableError):
    with pytest.raises(error) as caught:
        ask(client)
    text = str(caught.value)
    assert "\n" not in text and ACCESS not in text and SECRET not in text
    assert caught.value.exit_code == 4
    return text


@pytest.mark.parametrize(
    ("faults", "waited"),
    [
        ([refuse(429, Retry_After="7")], [7.0]),
        ([refuse(429)], [1.0]),
        ([refuse(502), refuse(503)], [1.0, 2.0]),
        ([html(504), html(502)], [1.0, 2.0]),
        ([cut(), cut()], [1.0, 2.0]),
        ([refuse(503, Retry_After="Thu, 01 Jan 1970 00:00:00 GMT")], [0.0]),
        ([refuse(503, Retry_After="soon")], [1.0]),
    ],
)
def test_a_passing_failure_is_tried_again(server, client, waits, faults, waited):
    server.tasks, server.faults = [task(1)], list(faults)
    assert len(ask(client())) == 1
    assert waits == waited


@pytest.mark.parametrize(
    ("fault", "tries", "says"),
    [
        (refuse(429), 3, "too many requests"),
        (refuse(502), 3, "the server answered 502"),
        (refuse(401), 1, "credentials were refused; check CLEARML_API_ACCESS_KEY and CLEARML_API_SECRET_KEY"),
        (refuse(401, "Unauthorized (blocked)"), 1, "(401: Unauthorized (blocked))"),
        (refuse(403), 1, "may not do that"),
        (refuse(400, "Validation error\nat x"), 1, "400: Validation error at x"),
        (refuse(500, f"no such user {ACCESS}:{SECRET}"), 1, "500: no such user ***:***"),
        (html(), 1, "not JSON; CLEARML_API_HOST must name the API server"),
        (html(404), 1, "the server answered 404"),
        (html(302), 1, "sends elsewhere (302)"),
        (cut(), 3, "broke off"),
        (refuse(429, Retry_After="3600"), 1, "asks to wait 3600 s"),
    ],
)
def test_a_lasting_failure_is_one_line(server, client, fault, tries, says):
    server.faults = [fault] * 5
    assert says in message(client())
    assert len(server.faults) == 5 - tries


def test_a_retry_after_date_is_waited_for(server, client, waits):
    at = format_datetime(datetime.now(timezone.utc) + timedelta(seconds=30), usegmt=True)
    server.faults = [refuse(429, Retry_After=at)]
    ask(client())
    assert 25 < waits[0] <= 30


@pytest.mark.parametrize("after_headers", [False, True])
def test_a_server_that_falls_silent_is_left_at_once(server, client, waits, after_headers):
    server.faults = [slow(2, after_headers=after_headers)]
    assert "for 0.2 s" in message(client(timeouts=(1.0, 0.2)))
    assert waits == []


def test_an_error_without_data_keeps_the_servers_codes(server, client):
    with pytest.raises(ServerError) as caught:
        client().call("tasks.stop", {"task": "x"})
    assert (caught.value.code, caught.value.subcode) == (400, 101)


def test_a_closed_port_is_told(client, server, monkeypatch, waits):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        monkeypatch.setenv("CLEARML_API_HOST", f"http://127.0.0.1:{unused.getsockname()[1]}")
    assert "connection refused" in message(client())
    assert waits == [1.0, 2.0]


def test_a_dead_host_ends_within_half_a_minute(cli, server):
    # The real timeouts: a listener whose queue is full answers no one.
    with socket.socket() as dead, socket.socket() as first, socket.socket() as second:
        dead.bind(("127.0.0.1", 0))
        dead.listen(0)
        for filler in (first, second):
            filler.setblocking(False)
            filler.connect_ex(dead.getsockname())
        begin = time.monotonic()
        env = {"CLEARML_API_HOST": f"http://127.0.0.1:{dead.getsockname()[1]}"}
        done = cli("clearml", "compare-scores", env=env)
    assert done.returncode == 4
    assert "cannot be reached within 5 s" in done.stderr
    assert time.monotonic() - begin < 30


@pytest.mark.parametrize(
    ("credentials", "says"),
    [
        (
            {"access_key": "x", "secret_key": "wrong"},
            "the credentials are not known there; check CLEARML_API_ACCESS_KEY",
        ),
        ({"token": EXPIRED}, "the token in CLEARML_AUTH_TOKEN is invalid or expired; make a new one (401: "),
        ({"token": EXPIRED}, "Signature has expired"),
    ],
)
def test_wrong_keys_and_an_expired_token_are_two_messages(server, credentials, says):
    assert says in message(Client(Credentials(server.url, **credentials)))


def make_certificate(folder, name, host, days):
    files = str(folder / f"{name}.pem"), str(folder / f"{name}.key")
    request = ["openssl", "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=test", "-keyout", files[1]]
    request += ["-out", str(folder / "request")]
    (folder / "names").write_text(f"subjectAltName={host}")
    sign = ["openssl", "x509", "-req", "-in", str(folder / "request"), "-signkey", files[1], "-days", str(days)]
    for command in (request, [*sign, "-extfile", str(folder / "names"), "-out", files[0]]):
        subprocess.run(command, check=True, capture_output=True)
    return files


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return make_certificate(tmp_path_factory.mktemp("tls"), "good", "IP:127.0.0.1", 2)


@pytest.mark.parametrize(
    ("host", "days", "says"),
    [
        ("DNS:other.example", 2, "its TLS certificate is for another host name; CLEARML_API_HOST must have"),
        ("IP:127.0.0.1", -1, "its TLS certificate has expired; whoever runs the server renews it"),
    ],
)
def test_a_wrong_name_and_an_expired_certificate_are_two_messages(tmp_path, host, days, says):
    files = make_certificate(tmp_path, "bad", host, days)
    with Server(files) as server:
        env = {**server.environment, "CLEARML_API_HOST_VERIFY_CERT": files[0]}
        assert says in message(Client(find_credentials(env), (2.0, 2.0), no_wait))


def test_plain_http_and_tls_mixed_up_are_told_both_ways(server, certificate):
    env = {**server.environment, "CLEARML_API_HOST": server.url.replace("http:", "https:")}
    assert "does not speak TLS on this port; CLEARML_API_HOST begins with http://" in message(
        Client(find_credentials(env))
    )
    with Server(certificate) as over_tls:
        env = {**over_tls.environment, "CLEARML_API_HOST": over_tls.url.replace("https:", "http:")}
        told = message(Client(find_credentials(env), (2.0, 2.0), no_wait))
    assert "closed without an answer, as a TLS port does that is called with http://" in told


def no_wait(seconds):
    """Wait for nothing between tries."""


@pytest.mark.parametrize(("verify", "works"), [(None, False), ("true", False), ("false", True), ("CA", True)])
def test_a_certificate_is_checked_and_a_wrong_one_is_final(certificate, monkeypatch, verify, works):
    waits: list[float] = []
    with Server(certificate) as server:
        env = {**server.environment, **({"CLEARML_API_HOST_VERIFY_CERT": verify} if verify else {})}
        if verify == "CA":
            env["CLEARML_API_HOST_VERIFY_CERT"] = certificate[0]
        client = Client(find_credentials(env), (2.0, 2.0), waits.append)
        if works:
            assert ask(client) == []
        else:
            assert "CLEARML_API_HOST_VERIFY_CERT to its CA file" in message(client)
    assert waits == []


def test_a_proxy_is_gone_through(server, client, monkeypatch):
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTP_PROXY", server.url)
    monkeypatch.setenv("http_proxy", server.url)
    monkeypatch.setenv("CLEARML_API_HOST", "http://clearml.invalid:8008")
    server.tasks = [task(1)]
    assert len(ask(client())) == 1


def test_a_netrc_does_not_replace_the_credentials(server, client, home):
    (home / ".netrc").write_text("machine 127.0.0.1 login other password wrong\n")
    assert ask(client()) == []


def test_a_token_is_enough(server):
    credentials = find_credentials({"CLEARML_API_HOST": server.url, "CLEARML_AUTH_TOKEN": TOKEN})
    assert ask(Client(credentials)) == []


class TestCredentials:
    """Where they are sought, and that they are never shown."""

    def test_none_are_one_line_with_the_three_variables(self, cli):
        done = cli("clearml", "compare-scores")
        assert done.returncode == 4
        assert done.stderr.count("\n") == 1
        for name in ("CLEARML_API_HOST", "CLEARML_API_ACCESS_KEY", "CLEARML_API_SECRET_KEY"):
            assert name in done.stderr

    def test_half_of_them_are_none(self):
        with pytest.raises(UnreadableError, match="set CLEARML_API_HOST"):
            find_credentials({"CLEARML_API_HOST": "http://127.0.0.1:1", "CLEARML_API_ACCESS_KEY": ACCESS})

    @pytest.mark.filterwarnings("ignore::DeprecationWarning")
    def test_come_from_clearml_conf_with_the_environment_first(self, home, tmp_path):
        text = 'api { api_server: "http://127.0.0.1:9", verify_certificate: false\n'
        (home / "clearml.conf").write_text(
            f'{text} credentials {{ access_key: "{ACCESS}", secret_key: "{SECRET}" }} }}'
        )
        found = find_credentials({})
        assert (found.host, found.access_key, found.secret_key, found.verify) == (
            "http://127.0.0.1:9",
            ACCESS,
            SECRET,
            False,
        )
        over = find_credentials({"CLEARML_API_HOST": "http://127.0.0.1:8", "CLEARML_API_HOST_VERIFY_CERT": "true"})
        assert (over.host, over.secret_key, over.verify) == ("http://127.0.0.1:8", SECRET, True)

    @pytest.mark.filterwarnings("ignore::DeprecationWarning")
    def test_a_broken_clearml_conf_is_one_line_without_its_text(self, tmp_path):
        path = tmp_path / "clearml.conf"
        path.write_text(f"api {{ secret_key: {SECRET} [[[")
        with pytest.raises(UnreadableError, match="not a ClearML configuration") as caught:
            find_credentials({"CLEARML_CONFIG_FILE": str(path)})
        assert SECRET not in str(caught.value)

    @pytest.mark.parametrize("host", ["api.example.org", "ftp://x", "https://"])
    def test_an_address_that_is_none_is_refused(self, host):
        env = {"CLEARML_API_HOST": host, "CLEARML_AUTH_TOKEN": TOKEN}
        with pytest.raises(UnreadableError, match=r"such as https|right one is https"):
            find_credentials(env)

    def test_are_in_no_repr(self):
        credentials = Credentials(f"http://u:{SECRET}@127.0.0.1:1", ACCESS, SECRET, TOKEN)
        shown = repr(Client(credentials)) + credentials.shown_host
        assert not any(secret in shown for secret in (ACCESS, SECRET, TOKEN))
        bare = repr(Credentials("http://127.0.0.1:1", ACCESS, SECRET, TOKEN))
        assert not any(secret in bare for secret in (ACCESS, SECRET, TOKEN))


def test_the_network_library_is_loaded_on_no_other_path(cli, registry):
    import sys

    registry({"experiment_id": "a", "metrics": {"seg_total": 1}})
    code = (
        "import sys; from expflow_hooks.cli import main; main(['compare-scores', '--source', 'experiments.jsonl']);"
        "main(['run', 'list', '--source', 'experiments.jsonl']); main(['clearml', '--help']);"
        "sys.exit(bool({'requests', 'clearml', 'urllib3'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0
