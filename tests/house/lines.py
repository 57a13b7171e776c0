"""Lines that provoke refusals (`openapi/provoked.toml`), carried out against a house."""

import re
from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from uuid import uuid4

import httpx

from app.http.provoked import Provoked
from tests.serving import OPERATOR_KEY

_LINE = re.compile(
    r"(?P<verb>[A-Z]+) (?P<address>\S+)"
    r"(?P<heads>(?: \[(?:as [a-z_0-9]+|[A-Za-z-]+: [^\]]*)\])*)"
    r"(?: (?P<body>.*?))??"
    r"(?: \((?P<times>\d+) times\))?"
    r"(?: -> (?P<kept>\w+=\S+(?:, \w+=\S+)*))?",
    re.DOTALL,
)
_HEAD = re.compile(r"\[([^\]]*)\]")
_MANY = re.compile(r"\{(\d+)\*")
_WORD = re.compile(r"\{([a-z][a-z_0-9]*)\}")
_REFUSED = 400
_BYTES = "base64 "
_AMOUNTS = count(10_01)
_NEW: dict[str, Callable[[], str]] = {
    "id": lambda: str(uuid4()),
    "word": lambda: f"w{uuid4().hex}",
    "digits": lambda: str(uuid4().int % 9_000_000 + 1_000_000),
    "amount": lambda: str(next(_AMOUNTS)),
}


@dataclass
class Teller:
    """Who tells lines to a house, and knows what they have kept for those to come."""

    house: httpx.AsyncClient
    outside: httpx.AsyncClient
    known: dict[str, str] = field(default_factory=dict)

    async def provoke(self, provoked: Provoked) -> httpx.Response:
        """Tell what is given, which is to be done, and then the line; returns what that is answered."""
        for line in provoked.given:
            answer = await self.tell(line)
            assert answer.status_code < _REFUSED or " -> " in line, f"{line}\n{answer.text[:1000]}"
        return await self.tell(provoked.line)

    async def tell(self, line: str) -> httpx.Response:
        """Tell one line, as often as it says, and keep of its answer what it names."""
        found = _LINE.fullmatch(line)
        assert found, f"this is no line: {line}"
        body = found["body"]
        headers = {"Content-Type": "application/json"} if body else {}
        asker = "token"
        for head in _HEAD.findall(found["heads"]):
            if head.startswith("as "):
                asker = head.removeprefix("as ")
            else:
                name, _, value = head.partition(": ")
                headers[name] = self._filled(value)
        headers |= self._who(asker)
        for _ in range(int(found["times"] or 1)):
            address = self._filled(found["address"])
            client = self.outside if address.startswith("http") else self.house
            content = self._bytes(body) if body else None
            answer = await client.request(found["verb"], address, headers=headers, content=content)
        for each in filter(None, (found["kept"] or "").split(", ")):
            name, _, place = each.partition("=")
            try:
                self.known[name] = _at(place, answer)
            except (KeyError, IndexError, ValueError) as missing:
                missing.add_note(f"{line}\n{answer.status_code} {answer.text[:1000]}")
                raise
        return answer

    def _who(self, asker: str) -> Mapping[str, str]:
        if asker == "nobody":
            return {}
        if asker == "operator":
            return {"X-Operator-Key": OPERATOR_KEY}
        return {"Authorization": f"Bearer {self.known[asker]}"}

    def _filled(self, text: str) -> str:
        return _WORD.sub(self._word, _repeated(text))

    def _word(self, found: re.Match[str]) -> str:
        name = found[1]
        if name.startswith("another_"):
            return _NEW[name.removeprefix("another_")]()
        if name not in self.known and name.startswith("new_"):
            self.known[name] = _NEW[name.split("_")[1]]()
        return self.known[name]

    def _bytes(self, body: str) -> bytes:
        text = self._filled(body)
        return b64decode(text.removeprefix(_BYTES)) if text.startswith(_BYTES) else text.encode()


def _repeated(text: str) -> str:
    """Return a text with `{9*…}` written out: what stands in the braces, nine times."""
    while found := _MANY.search(text):
        depth, end = 1, found.end()
        while depth:
            depth += {"{": 1, "}": -1}.get(text[end], 0)
            end += 1
        piece = text[found.end() : end - 1]
        many = (piece.replace("{place}", str(place)) for place in range(1, int(found[1]) + 1))
        text = "".join((text[: found.start()], *many, text[end:]))
    return text


def _at(place: str, answer: httpx.Response) -> str:
    """Return what stands at a place of an answer, such as `groups.0.id`, or in a header, such as `ETag`."""
    if place[0].isupper():
        return answer.headers[place]
    found: Any = answer.json()
    for step in place.split("."):
        found = found[int(step) if isinstance(found, list) else step]
    return str(found)
