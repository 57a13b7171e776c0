"""The way between a phone and the server: it loses, repeats and delays, and all that passes is judged."""

import json
from collections import Counter
from collections.abc import Callable
from enum import StrEnum
from http import HTTPStatus
from typing import Any

import httpx

Json = dict[str, Any]
Judge = Callable[[Json, Json], None]
SYNC = "/v1/sync"


class Fault(StrEnum):
    """What may become of a request."""

    LOST = "request lost"
    UNANSWERED = "answer lost"
    TWICE = "sent twice"
    LATE = "arrives late"


class Network(httpx.BaseTransport):
    """What one phone sends, and what becomes of it.

    `faults` are those to come, by how many requests come before; `late` is what has not arrived yet. `judge`
    hears what was asked and answered by every exchange that reached the server, heard by the phone or not.
    `is_to_heal` says whether the phone was told lately that its cursor cannot be continued.
    """

    def __init__(self, server: httpx.BaseTransport, judge: Judge, counts: Counter[str]) -> None:
        self.faults: dict[int, Fault] = {}
        self.late: list[httpx.Request] = []
        self.sent: list[httpx.Request] = []
        self.is_to_heal = False
        self._server = server
        self._judge = judge
        self._counts = counts
        self._place = 0

    def plan(self, faults: dict[int, Fault]) -> None:
        """Say what goes wrong from here on."""
        self.faults, self._place, self.is_to_heal = faults, 0, False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, unless something goes wrong."""
        request.read()
        fault = self.faults.get(self._place) if request.url.path.startswith(SYNC) else None
        self._place += 1
        if fault:
            self._counts[f"faults: {fault}"] += 1
        if fault is Fault.LOST:
            raise httpx.ConnectError("a tunnel")
        if fault is Fault.LATE:
            self.late.append(request)
            raise httpx.ReadError("a tunnel")
        answer = self._pass_on(request)
        if fault is Fault.TWICE:
            answer = self._pass_on(request)
        if fault is Fault.UNANSWERED:
            raise httpx.ReadError("a tunnel")
        return answer

    def deliver(self) -> None:
        """Let arrive what was late; nobody waits for the answers any more."""
        late, self.late = self.late, []
        for request in late:
            self._pass_on(request)

    def repeat(self, place: int) -> bool:
        """Send once more what was sent long ago, as a device does that has lost its mind."""
        pushes = [each for each in self.sent if json.loads(each.content)["push"]]
        if pushes:
            self._counts["faults: sent once more"] += 1
            self._pass_on(pushes[place % len(pushes)])
        return bool(pushes)

    def _pass_on(self, request: httpx.Request) -> httpx.Response:
        answer = self._server.handle_request(request)
        self.is_to_heal = self.is_to_heal or answer.status_code == HTTPStatus.GONE
        if request.url.path == SYNC and answer.status_code == HTTPStatus.OK:
            self.sent.append(request)
            self._judge(json.loads(request.content), json.loads(answer.read()))
        return answer
