"""Tells a story: what each step has a phone, its line or the studio do, and what it expects of them."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from clients.scenarios.desk import Desk, Json, Refused
from clients.scenarios.drivers import AdapterError, Driver
from clients.scenarios.relay import Relay
from clients.scenarios.stories import Story, Words

_MOST_TOLD = 600


class Failed(Exception):
    """What a story expected and did not find."""


@contextmanager
def _failing(where: str) -> Iterator[None]:
    """Say where something was not as a story has it."""
    try:
        yield
    except (AdapterError, Failed, Refused) as error:
        raise Failed(f"{where}: {error}") from error


@dataclass
class _Phone:
    """One phone: where it asks, and which row of the studio's it has."""

    name: str
    relay: Relay
    driver: Driver
    device_id: str = ""

    def ask(self, call: str, **given: Any) -> Any:
        return self.driver.ask(self.name, call, **given)


@dataclass
class Telling:
    """A story as it is told to one adapter."""

    story: Story
    driver: Driver
    desk: Desk
    words: Words = field(default_factory=Words)
    _phones: dict[str, _Phone] = field(default_factory=dict)

    def tell(self) -> None:
        """Tell all of it, and give back what it took. Raises `Failed`, which names the step."""
        with ExitStack() as stack:
            stack.callback(self._leave)
            for name in self.story.people:
                phone = _Phone(name, stack.enter_context(Relay(self.desk.base_url)), self.driver)
                with _failing(f"opening {name}"):
                    self._take(phone)
            for place, step in enumerate(self.story.steps, 1):
                with _failing(f"step {place}, {step['who']} {step['do']}"):
                    self._do(step)

    def _take(self, phone: _Phone) -> None:
        self.desk.place(phone.name)
        device = {
            "uid": str(uuid4()),
            "name": f"{self.story.name}, {phone.name}",
            "model": "Scenario",
            "platform": "test",
            "app_version": "1.0.0",
            "schema_version": 1,
        }
        words = self.desk.people[phone.name].words
        given = {"base_url": phone.relay.address, "device": device, "page_rows": self.story.page_rows}
        phone.device_id = phone.ask("open", **given, **words)["device_id"]
        self._phones[phone.name] = phone

    def _leave(self) -> None:
        narrowed = {name: None for each in self.story.done_at_the_desk("prefer") for name in each["values"]}
        for phone in self._phones.values():
            if narrowed:
                self.desk.prefer(phone.device_id, narrowed)
            self.desk.free(phone.device_id)
        if self.story.done_at_the_desk("allow"):
            self.desk.allow("phone", {})
        for phone in self._phones.values():
            # One that has ended is closed.
            with suppress(AdapterError):
                phone.ask("close")

    def _do(self, step: Json) -> None:
        if step["who"] == "desk":
            _AT_THE_DESK[step["do"]](self, step)
        elif step["do"] in _ON_THE_LINE:
            given = {"after": step["after"]} if "after" in step else {}
            getattr(self._phones[step["who"]].relay, step["do"])(**given)
        else:
            _ON_A_PHONE[step["do"]](self, self._phones[step["who"]], step)

    def _id(self, step: Json) -> str:
        return self.words.ids[step["of"]]

    def _fields(self, step: Json) -> Json:
        fields: Json = self.words.values(step.get("fields", {}))
        return fields

    # At the desk

    def _made(self, step: Json) -> None:
        self.words.ids[step["as"]] = self.desk.create(step["collection"], self._fields(step))

    def _patched(self, step: Json) -> None:
        self.desk.patch(step["collection"], self._id(step), self._fields(step))

    def _deleted(self, step: Json) -> None:
        self.desk.delete(step["collection"], self._id(step))

    def _commanded(self, step: Json) -> None:
        self.desk.command(step["collection"], self._id(step), step["command"], self._fields(step))

    def _found(self, step: Json) -> None:
        _expect(step, self._fields(step), self.desk.read(step["collection"], self._id(step)))

    def _counted(self, step: Json) -> None:
        found = self.desk.count(step["collection"], self._fields(step))
        _same("records with these values", step["count"], found)

    def _preferred(self, step: Json) -> None:
        self.desk.prefer(self._phones[step["phone"]].device_id, step["values"])

    def _allowed(self, step: Json) -> None:
        self.desk.allow(step["phone"], step["levels"])

    def _deactivated(self, step: Json) -> None:
        self.desk.deactivate(self._phones[step["phone"]].device_id)

    def _confirmed(self, step: Json) -> None:
        is_wiped = self.desk.is_wiped(self._phones[step["phone"]].device_id)
        _same("whether the wipe was confirmed", expected=True, found=is_wiped)

    # On a phone

    def _sync(self, phone: _Phone, step: Json) -> None:
        code = None
        try:
            phone.ask("sync")
        except AdapterError as error:
            if step.get("fails") is None:
                raise
            code = error.code
        _same("what the sync fails with", step.get("fails"), code)

    def _save(self, phone: _Phone, step: Json) -> None:
        phone.ask("write", edits=[self._edit(each) for each in step["edits"]])

    def _edit(self, each: Json) -> Json:
        record_id = self.words.named(each["as"]) if each["op"] == "create" else self._id(each)
        edit = {"op": each["op"], "collection": each["collection"], "id": record_id}
        return edit if each["op"] == "delete" else {**edit, "fields": self._fields(each)}

    def _command(self, phone: _Phone, step: Json) -> None:
        given = {"id": self._id(step), "command": step["command"], "fields": self._fields(step)}
        phone.ask("command", collection=step["collection"], **given)

    def _expect(self, phone: _Phone, step: Json) -> None:
        record = phone.ask("read", collection=step["collection"], id=self._id(step))
        _expect(step, self._fields(step), record)

    def _expect_told(self, phone: _Phone, step: Json) -> None:
        expected = [
            {
                **{name: each[name] for name in ("collection", "verdict", "code")},
                "id": self._id(each),
                "typed": self.words.values(each["typed"]),
            }
            for each in step["refusals"]
        ]
        names = ("collection", "verdict", "code", "id", "typed")
        told = [{name: each[name] for name in names} for each in phone.ask("told")]
        _same("what was told", _in_order(expected), _in_order(told))

    def _expect_inbox(self, phone: _Phone, step: Json) -> None:
        entries = [each for each in phone.ask("inbox") if each["record_id"] == self._id(step)]
        _same("entries of the inbox", step["count"], len(entries))
        for entry in entries[:1]:
            self.words.ids["entry"] = entry["id"]
            for name in {"typed", "kept"} & step.keys():
                _same(f"what was {name}", self.words.values(step[name]), entry[name])

    def _resolve(self, phone: _Phone, step: Json) -> None:
        more = {name: self.words.values(step[name]) for name in ("fields", "keep") if name in step}
        phone.ask("resolve", id=self.words.ids["entry"], resolution=step["resolution"], **more)

    def _expect_begun(self, phone: _Phone, step: Json) -> None:
        _same("first pages that came", step["count"], phone.relay.begun)

    def _expect_same_as_server(self, phone: _Phone, _: Json) -> None:
        """Compare all that is shown with what a phone that begins now would be given."""
        _same("changes that wait", 0, phone.ask("unpushed"))
        given = _given(phone)
        for collection in phone.ask("ask", method="GET", path="/v1/sync/manifest")["collections"]:
            name = collection["name"]
            shown = {each["id"]: each for each in phone.ask("all", collection=name)}
            _same(f"ids of {name}", sorted(given.get(name, {})), sorted(shown))
            for record_id, record in given.get(name, {}).items():
                _same(f"{name} {record_id}", _filled(record), _filled(shown[record_id]))

    def _expect_wiped(self, phone: _Phone, _: Json) -> None:
        _same("whether nothing is left", expected=True, found=phone.ask("wiped"))

    def _plainly(self, phone: _Phone, step: Json) -> None:
        phone.ask(step["do"])


_ON_THE_LINE = {"offline", "online", "lose_next_answer", "cut_next_page"}
_AT_THE_DESK: dict[str, Callable[[Telling, Json], None]] = {
    "create": Telling._made,
    "patch": Telling._patched,
    "delete": Telling._deleted,
    "command": Telling._commanded,
    "expect": Telling._found,
    "expect_count": Telling._counted,
    "prefer": Telling._preferred,
    "allow": Telling._allowed,
    "deactivate": Telling._deactivated,
    "expect_receipt": Telling._confirmed,
}
_ON_A_PHONE: dict[str, Callable[[Telling, _Phone, Json], None]] = {
    "sync": Telling._sync,
    "save": Telling._save,
    "command": Telling._command,
    "resolve": Telling._resolve,
    "restart": Telling._plainly,
    "die_storing": Telling._plainly,
    "expect": Telling._expect,
    "expect_told": Telling._expect_told,
    "expect_inbox": Telling._expect_inbox,
    "expect_begun": Telling._expect_begun,
    "expect_same_as_server": Telling._expect_same_as_server,
    "expect_wiped": Telling._expect_wiped,
}


def _given(phone: _Phone) -> dict[str, dict[str, Json]]:
    """Ask as a phone for all it should have, and return that by collection and id."""
    given: dict[str, dict[str, Json]] = {}
    question: Json = {"cursor": None, "max_rows": 10_000, "max_bytes": 8_000_000}
    while True:
        page = phone.ask("ask", method="POST", path="/v1/sync/pull", body=question)
        for collection, changes in page["changes"].items():
            records = given.setdefault(collection, {})
            records.update((each["id"], each) for each in changes["put"])
            for gone in (*changes["del"], *changes["evict"]):
                records.pop(gone, None)
        if not page["has_more"]:
            return given
        question["cursor"] = page["cursor"]


def _expect(step: Json, fields: Json, record: Json | None) -> None:
    if step.get("absent"):
        _same("the record", None, record)
        return
    if record is None:
        raise Failed("the record is not there")
    for name, expected in fields.items():
        if isinstance(expected, dict) and "$not" in expected:
            if record[name] == expected["$not"]:
                raise Failed(f"{name} is {record[name]!r}")
        else:
            _same(name, expected, record[name])


def _same(what: str, expected: Any, found: Any) -> None:
    if expected != found:
        raise Failed(f"{what}: expected {_short(expected)}, found {_short(found)}")


def _short(value: Any) -> str:
    text = re.sub(r"x{50,}", "xx…", json.dumps(value, ensure_ascii=False))
    return text if len(text) <= _MOST_TOLD else f"{text[:_MOST_TOLD]}…"


def _filled(record: Json) -> Json:
    """Leave out what is empty: a copy may keep a field the server leaves out as null."""
    return {name: value for name, value in record.items() if value is not None}


def _in_order(refusals: list[Json]) -> list[Json]:
    return sorted(refusals, key=lambda each: json.dumps(each, sort_keys=True))
