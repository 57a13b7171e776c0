"""An afternoon with a studio's API, by a stranger who has its address, a key, and the document it publishes.

    KEY=stk_… python clients/python/examples/afternoon.py http://127.0.0.1:8000 openapi/openapi.json

Operations are known by their `operationId` alone: where each is, and what it takes and answers, the document
says, and every answer is held to it. Clients are read by the feed; what is ordered on the web is waited for
there, and a webhook tells of it, at a port of one's own; a session is booked in an hour that is free; what
the key may not do is understood from the document.

The key has `add_modify_delete` of webhooks, `add_modify` of sessions, and `view_only` of clients, invoices,
appointments and the schedule. A server in development posts to the port itself; for any other `HOOK` is an
address out on the internet, of `https`, that leads to it. It wants httpx and jsonschema.
"""

import base64
import hashlib
import hmac
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
from jsonschema import Draft202012Validator

Json = dict[str, Any]
Tell = Callable[[str], object]
_REFUSED = 400
_PLACES = {"query", "header"}
_DAYS = 60
_OLD = 300
_PORT = 8080
_PATIENCE = 60
_ORDERED = "web_order.received"
_NOTHING: Mapping[str, Any] = {}


class Undocumented(Exception):
    """The document does not say what was sent or answered."""


class Refused(Exception):
    """The server will not do it: `problem` is its answer, `meaning` what the document says of its code."""

    def __init__(self, problem: Json, meaning: str) -> None:
        """Keep what was answered."""
        super().__init__(f"{problem['code']}: {meaning}")
        self.problem, self.meaning = problem, meaning

    @property
    def code(self) -> str:
        """Return the stable code."""
        return str(self.problem["code"])


@dataclass
class Api:
    """What a document describes, asked by the names of its operations, or by a link."""

    client: httpx.Client
    document: Json

    def ask(self, name: str, parameters: Mapping[str, Any] = _NOTHING, body: Json | None = None) -> Any:
        """Carry out an operation, and return its answer.

        Raises `Refused`, and `Undocumented` where the document does not describe what is sent or answered.
        """
        verb, path, operation = self._operation(name)
        placed: dict[str, Json] = {"path": {}, "query": {}, "header": {}}
        known = {each["name"]: each for each in map(self._found, operation.get("parameters", ()))}
        for each, value in parameters.items():
            if each not in known:
                raise Undocumented(f"{name} has no parameter {each}")
            placed[known[each]["in"]][each] = value
        if body is not None:
            self._hold(operation["requestBody"]["content"]["application/json"]["schema"], body, name)
        answer = self.client.request(
            verb,
            path.format(**placed["path"]),
            params=placed["query"],
            headers=placed["header"],
            json=body,
        )
        return self._told(name, operation, answer)

    def open(self, link: str) -> Any:
        """Read what a link leads to; raises as `ask` does, also where it leads out of what is described.

        The key goes along, and so nowhere else.
        """
        here, there = urlsplit(str(self.client.base_url)), urlsplit(link)
        if (here.scheme, here.netloc) != (there.scheme, there.netloc):
            raise Undocumented(f"{link} is none of this server")
        told = there.path.split("/")
        for path, verbs in self.document["paths"].items():
            steps = path.split("/")
            if "get" in verbs and len(steps) == len(told) and all(map(_fits, steps, told)):
                values = {
                    step[1:-1]: each for step, each in zip(steps, told, strict=True) if step.startswith("{")
                }
                return self.ask(verbs["get"]["operationId"], values)
        raise Undocumented(f"there is nothing to read at {link}")

    def heard(self, secret: str, headers: Mapping[str, str], body: bytes) -> Json | None:
        """Return an event that was posted, or none where the server has not signed it, or not just now.

        Raises `Undocumented` where it is signed, and not what the document says of its kind.
        """
        sent_at, signatures = headers.get("webhook-timestamp", ""), headers.get("webhook-signature", "")
        if not sent_at.isdecimal() or abs(time.time() - int(sent_at)) > _OLD:
            return None
        key = base64.b64decode(secret.removeprefix("whsec_"))
        said = f"{headers.get('webhook-id')}.{sent_at}.".encode() + body
        ours = "v1," + base64.b64encode(hmac.digest(key, said, hashlib.sha256)).decode()
        if not any(hmac.compare_digest(ours.encode(), each.encode()) for each in signatures.split(" ")):
            return None
        event: Json = json.loads(body)
        if event["type"] not in self.document["webhooks"]:
            raise Undocumented(f"nobody said there is {event['type']}")
        operation = self.document["webhooks"][event["type"]]["post"]
        if missing := [each for each in map(self._name, operation["parameters"]) if each not in headers]:
            raise Undocumented(f"{event['type']} has no {', '.join(missing)}")
        self._hold(operation["requestBody"]["content"]["application/json"]["schema"], event, event["type"])
        return event

    def _name(self, parameter: Json) -> str:
        return str(self._found(parameter)["name"])

    def _told(self, name: str, operation: Json, answer: httpx.Response) -> Any:
        declared = operation["responses"].get(str(answer.status_code))
        if declared is None:
            raise Undocumented(f"{name} answers {answer.status_code}")
        declared = self._found(declared)
        if not answer.content and not declared.get("content"):
            return None
        kind = answer.headers.get("content-type", "").partition(";")[0]
        if kind not in declared.get("content", {}):
            raise Undocumented(f"{name} answers {answer.status_code} as {kind}")
        content, told = declared["content"][kind], answer.json()
        self._hold(content["schema"], told, f"{name} {answer.status_code}")
        if answer.status_code < _REFUSED:
            return told
        if told["code"] not in content["examples"]:
            raise Undocumented(f"{name} is refused as {told['code']}")
        raise Refused(told, _meaning(declared, told["code"]))

    def _operation(self, name: str) -> tuple[str, str, Json]:
        for path, verbs in self.document["paths"].items():
            for verb, operation in verbs.items():
                if operation["operationId"] == name:
                    return verb.upper(), path, operation
        raise Undocumented(f"there is no operation {name}")

    def _found(self, told: Json) -> Json:
        """Return what a reference means."""
        if "$ref" not in told:
            return told
        _, _, kind, name = told["$ref"].split("/")
        found: Json = self.document["components"][kind][name]
        return found

    def _hold(self, schema: Json, value: Any, what: str) -> None:
        whole = {**schema, "components": self.document["components"]}
        if error := next(Draft202012Validator(whole).iter_errors(value), None):
            raise Undocumented(f"{what}: {error.message} (at {error.json_path})")


def _fits(step: str, told: str) -> bool:
    return step == told or (step.startswith("{") and bool(told))


def _meaning(declared: Json, code: str) -> str:
    """Return what an answer's description says of a code: a paragraph each."""
    begins = f"`{code}`: "
    paragraphs: list[str] = declared["description"].split("\n\n")
    return next(each.removeprefix(begins) for each in paragraphs if each.startswith(begins))


@dataclass
class Copy:
    """A copy of some collections that the feed keeps in step."""

    api: Api
    collections: tuple[str, ...]
    cursor: str | None = None
    revision: int = 0
    records: dict[str, dict[str, Json]] = field(default_factory=dict)

    def follow(self) -> list[tuple[str, Json]]:
        """Read all that has changed, and return the records that came, each with its collection."""
        came: list[tuple[str, Json]] = []
        while True:
            asked = {"cursor": self.cursor} if self.cursor else {"collections": ",".join(self.collections)}
            page = self.api.ask("feed_read", asked)
            if page["replace"]:
                self.records.clear()
            for name, changes in page["changes"].items():
                held = self.records.setdefault(name, {})
                for record in changes["put"]:
                    held[record["id"]] = record
                    came.append((name, record))
                for gone in (*changes["del"], *changes["evict"]):
                    held.pop(gone, None)
            self.cursor, self.revision = page["cursor"], page["revision"]
            if not page["has_more"]:
                return came

    def all(self, name: str) -> list[Json]:
        """Return the records of a collection."""
        return [*self.records.get(name, {}).values()]


@dataclass
class Hook:
    """A webhook of the key, and what is heard at a port of this machine."""

    api: Api
    webhook_id: str
    secret: str
    seen: set[str] = field(default_factory=set)
    events: Queue[Json | Undocumented] = field(default_factory=Queue)

    def take(self, headers: Mapping[str, str], body: bytes) -> int:
        """Take a post in, and return the status it is answered by: an event is worked on once, and later."""
        try:
            event = self.api.heard(self.secret, headers, body)
        except Undocumented as wrong:
            self.events.put(wrong)
            return 400
        if event is None:
            return 401
        if headers["webhook-id"] not in self.seen:
            self.seen.add(headers["webhook-id"])
            self.events.put(event)
        return 204

    def next(self) -> Json:
        """Wait for an event that was not heard yet, and return it."""
        event = self.events.get(timeout=_PATIENCE)
        if isinstance(event, Undocumented):
            raise event
        return event


@contextmanager
def listening(api: Api, port: int, url: str | None = None) -> Iterator[Hook]:
    """Be told of orders at a port of this machine, to which the `url` leads, until the end."""

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(hook.take({name.lower(): each for name, each in self.headers.items()}, body))
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", port), Receiver) as server:
        to = url or f"http://127.0.0.1:{server.server_port}/"
        made = api.ask("webhooks_create", body={"url": to, "types": [_ORDERED]})
        hook = Hook(api, made["id"], made["secret"])
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield hook
        finally:
            api.ask("webhooks_remove", {"webhook_id": hook.webhook_id})
            server.shutdown()


def wait_for_orders(copy: Copy) -> list[Json]:
    """Wait until clients have ordered something on the web, and return the invoices made of it."""
    while True:
        copy.api.ask("sync_wait", {"revision": copy.revision})
        came = copy.follow()
        if orders := [each for name, each in came if name == "invoices" and each["web_order_number"]]:
            return orders


def free_hours(schedule: Json) -> Iterator[tuple[str, str, str]]:
    """Yield the whole hours of a schedule in which the business is open and nobody is booked."""
    for day in schedule["days"]:
        busy = [
            (each["start_time"] or "00:00:00", each["end_time"] or "24:00:00")
            for each in schedule["entries"]
            if each["date"] == day["date"] and not each["is_cancelled"]
        ]
        for hours in day["hours"] if day["is_business_day"] and not day["holidays"] else ():
            for hour in range(24):
                start, end = f"{hour:02}:00:00", f"{hour + 1:02}:00:00"
                is_open = hours["opens"] <= start and end <= hours["closes"]
                if is_open and all(end <= begins or ends <= start for begins, ends in busy):
                    yield day["date"], start, end


def book(api: Api, client: Json, photographer: Json) -> Json:
    """Book a session of a client in the first hour the photographer has free, from tomorrow on."""
    first = date.today() + timedelta(days=1)
    asked = {"from": first, "to": first + timedelta(days=_DAYS), "users": [photographer["id"]]}
    day, start, end = next(free_hours(api.ask("schedule_read", asked)))
    session: Json = api.ask(
        "sessions_create",
        {"Idempotency-Key": uuid4().hex},
        {
            "client_id": client["id"],
            "photographer_id": photographer["id"],
            "description": "Family portrait",
            "date": day,
            "start_time": start,
            "end_time": end,
        },
    )
    return session


def spend(api: Api, hook: Hook, tell: Tell) -> None:
    """Spend the afternoon, and tell of it line by line."""
    key = api.ask("api_keys_me")
    copy = Copy(api, ("clients", "invoices", "staff"))
    copy.follow()
    tell(f"{key['name']} knows {len(copy.all('clients'))} clients")

    [order, *_] = wait_for_orders(copy)
    client = copy.records["clients"][order["client_id"]]
    tell(f"{client['last_name']} has ordered for {order['total']}, as invoice {order['invoice_number']}")
    event = hook.next()
    told = api.open(event["data"]["url"])
    tell(f"{event['type']} told of it, too: {told['web_order_number']}, {len(told['lines'])} lines")

    photographer = next(each for each in copy.all("staff") if "photographer" in each["lists"])
    session = book(api, client, photographer)
    tell(f"{photographer['display_name']} is booked on {session['date']} at {session['start_time']}")

    try:
        api.ask("clients_change", {"record_id": client["id"], "If-Match": "*"}, {"notes": "Comes again"})
    except Refused as refused:
        feature, level = refused.problem["feature"], refused.problem["level"]
        tell(f"refused, {refused.code}: {refused.meaning}")
        tell(f"the key has {key['levels'][feature]} of {feature}, and it takes {level}")


def main() -> None:
    """Spend an afternoon with the server that is named."""
    address, document = sys.argv[1:]
    headers = {"Authorization": f"Bearer {os.environ['KEY']}"}
    with httpx.Client(base_url=address, headers=headers, timeout=60) as client:
        api = Api(client, json.loads(Path(document).read_text()))
        with listening(api, _PORT, os.environ.get("HOOK")) as hook:
            spend(api, hook, print)


if __name__ == "__main__":
    main()
