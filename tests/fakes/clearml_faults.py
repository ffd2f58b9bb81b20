"""What may go wrong between a client and the stand-in of a ClearML server: each a fault for `Server.faults`."""

from __future__ import annotations

import time

from fakes.clearml_server import Fault, Handler


def refuse(status: int, message: str = "", **headers: str) -> Fault:
    """Return a fault that answers with a status and ClearML's error envelope."""
    return lambda handler: handler.envelope(status, 0, message, {}, **headers)


def html(status: int = 200) -> Fault:
    """Return a fault that answers with a web page."""
    return lambda handler: handler.send(status, b"<!doctype html><title>ClearML</title>", "text/html")


def cut() -> Fault:
    """Return a fault that breaks off in the middle of its answer."""

    def fault(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b'{"meta": {"result_code": 200}, "da')
        handler.close_connection = True

    return fault


def slow(seconds: float, *, after_headers: bool = False) -> Fault:
    """Return a fault that says nothing for a while, at once or in the middle of its answer."""

    def fault(handler: Handler) -> None:
        if after_headers:
            handler.send_response(200)
            handler.send_header("Content-Length", "1000")
            handler.end_headers()
            handler.wfile.write(b"{")
            handler.wfile.flush()
        time.sleep(seconds)
        handler.close_connection = True

    return fault
