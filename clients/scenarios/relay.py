"""A line between a phone and the server that can be cut, lose answers, or tear a page in two."""

import http
import http.client
import json
import socket
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

_SYNCING = frozenset({"/v1/sync", "/v1/sync/pull", "/v1/sync/push"})
_PATIENCE_SECONDS = 60
_OF_THIS_LINE_ALONE = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "host"})


@dataclass
class _Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes


class Relay:
    """Passes requests on to a server from a port of its own; the phone behind it is told nothing.

    `begun` counts the answers that came through to questions without a cursor: how often a copy was begun.
    """

    def __init__(self, upstream: str) -> None:
        """Stand before a server."""
        self.begun = 0
        self._upstream = urlsplit(upstream)
        self._is_shut = False
        self._loses = False
        self._tears_after: int | None = None
        relay = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                relay._pass_on(self)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = handle_any  # noqa: N815

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def address(self) -> str:
        """Return where the phone finds the server."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def offline(self) -> None:
        """Answer nobody."""
        self._is_shut = True

    def online(self) -> None:
        """Pass on again."""
        self._is_shut = False

    def lose_next_answer(self) -> None:
        """Let the server do what is synced next, and lose what it answers."""
        self._loses = True

    def cut_next_page(self, after: int) -> None:
        """Let so many pages through, and tear the one behind them in two."""
        self._tears_after = after

    def _pass_on(self, handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        asked = handler.rfile.read(int(handler.headers.get("content-length") or 0))
        if self._is_shut:
            return
        answer = self._ask(handler, asked)
        is_synced = urlsplit(handler.path).path in _SYNCING and answer.status == http.HTTPStatus.OK
        sent = self._sent(len(answer.body)) if is_synced else len(answer.body)
        try:
            _answer(handler, answer, sent)
        except OSError:  # Whoever asked has gone.
            return
        if is_synced and sent == len(answer.body) and _begins(asked):
            self.begun += 1

    def _ask(self, handler: BaseHTTPRequestHandler, asked: bytes) -> _Answer:
        host, port = self._upstream.hostname or "", self._upstream.port
        connection = http.client.HTTPConnection(host, port, timeout=_PATIENCE_SECONDS)
        try:
            headers = _passed_on(handler.headers.items())
            connection.request(handler.command, handler.path, body=asked or None, headers=dict(headers))
            answer = connection.getresponse()
            return _Answer(answer.status, _passed_on(answer.getheaders()), answer.read())
        finally:
            connection.close()

    def _sent(self, length: int) -> int:
        """Return how much of a body goes through; browsers ask again by themselves where no head does."""
        if self._loses:
            self._loses = False
            return 0
        if self._tears_after is None:
            return length
        self._tears_after -= 1
        if self._tears_after >= 0:
            return length
        self._tears_after = None
        return length // 2


def _passed_on(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in headers if name.lower() not in _OF_THIS_LINE_ALONE]


def _answer(handler: BaseHTTPRequestHandler, answer: _Answer, sent: int) -> None:
    handler.send_response_only(answer.status)
    for name, value in answer.headers:
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(answer.body)))
    handler.send_header("Connection", "close")
    handler.end_headers()
    handler.wfile.write(answer.body[:sent])
    handler.wfile.flush()
    if sent < len(answer.body):
        handler.connection.shutdown(socket.SHUT_RDWR)


def _begins(asked: bytes) -> bool:
    body = json.loads(asked or b"{}")
    question = body.get("pull", body)
    return isinstance(question, dict) and "cursor" in question and question["cursor"] is None
