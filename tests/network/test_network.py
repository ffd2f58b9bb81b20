"""One vocabulary for every server: which failures are worth another try, how long is waited, what is never shown."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
import requests

from expflow_hooks.network.failures import Settings, explain, explain_tls
from expflow_hooks.network.session import basic, bearer, open_session, same_server, shown
from expflow_hooks.network.waiting import retry_after, within

SETTINGS = Settings("TRACKER_URI", "TRACKER_CA")
errors = requests.exceptions


@pytest.mark.parametrize(
    ("error", "again", "slow", "words"),
    [
        (errors.SSLError("CERTIFICATE_VERIFY_FAILED: self-signed"), False, False, "set TRACKER_CA to its CA file"),
        (errors.SSLError("certificate has expired"), False, False, "has expired"),
        (errors.SSLError("[SSL: WRONG_VERSION_NUMBER] wrong version number"), False, False, "TRACKER_URI begins with"),
        (errors.SSLError("Hostname mismatch"), False, False, "another host name"),
        (errors.ProxyError("no"), True, False, "HTTPS_PROXY"),
        (errors.ConnectTimeout("slow"), True, False, "within 5 s"),
        (errors.ReadTimeout("slow"), False, True, "no more answer to runs for 30 s"),
        (errors.ConnectionError("Read timed out."), False, True, "no more answer"),
        (errors.ConnectionError("Connection refused"), True, False, "connection refused"),
        (errors.ConnectionError("Failed to resolve"), True, False, "unknown host name"),
        (errors.ChunkedEncodingError("x"), True, False, "broke off"),
        (errors.InvalidURL("x"), False, False, "see TRACKER_URI and TRACKER_CA"),
    ],
)
def test_each_failure_has_its_words_and_says_whether_to_try_again(error, again, slow, words):
    failure = explain(error, "runs", (5.0, 30.0), SETTINGS)
    assert (failure.again, failure.slow) == (again, slow)
    assert words in failure.words and "\n" not in failure.words


def test_a_certificate_error_names_the_settings_of_the_server_that_was_asked():
    assert "GITHUB_CA" in explain_tls(OSError("self-signed"), Settings("GITHUB_API_URL", "GITHUB_CA"))


@pytest.mark.parametrize(
    ("given", "seconds"),
    [({}, None), ({"Retry-After": "7"}, 7.0), ({"Retry-After": "-1"}, 0.0), ({"Retry-After": "soon"}, 1.0),
     ({"Retry-After": "nan"}, float("inf")), ({"Retry-After": "²"}, 1.0)],
)  # fmt: skip
def test_the_wait_that_a_server_asks_for(given, seconds):
    assert retry_after(given) == seconds


def test_a_wait_may_be_given_as_a_date():
    at = format_datetime(datetime.now(timezone.utc) + timedelta(seconds=40), usegmt=True)
    assert 30 < (retry_after({"Retry-After": at}) or 0) <= 40


def test_a_date_counts_by_the_clock_of_the_server_that_said_it():
    years_ago = datetime(2001, 1, 1, tzinfo=timezone.utc)
    until = format_datetime(years_ago + timedelta(seconds=9), usegmt=True)
    assert retry_after({"Date": format_datetime(years_ago, usegmt=True), "Retry-After": until}) == 9.0


def test_a_deadline_is_for_the_whole_call():
    with pytest.raises(TimeoutError):
        within(0.05, lambda: time.sleep(5))
    with pytest.raises(KeyError):
        within(5, lambda: dict[str, int]()["missing"])
    assert within(5, lambda: 3) == 3


def test_keys_of_netrc_do_not_replace_the_ones_that_were_given(tmp_path, monkeypatch):
    (tmp_path / ".netrc").write_text("machine tracker.example login other password wrong\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    for given in (bearer("a-token"), basic("user", "word")):
        prepared = open_session(given).prepare_request(requests.Request("GET", "http://tracker.example/x"))
        assert prepared.headers["Authorization"] == given


def test_keys_are_in_no_repr_and_in_no_shown_address():
    assert "secret" not in repr(open_session(bearer("secret")).auth)
    assert shown("https://me:secret@tracker.example/api?key=secret") == "https://tracker.example/api"


def test_only_the_same_scheme_host_and_port_are_the_same_server():
    assert same_server("https://a.example/x", "https://a.example/y")
    assert not same_server("https://a.example/x", "http://a.example/x")
    assert not same_server("https://a.example/x", "https://a.example:444/x")
