"""What callers reach: the processor's one address, and the hosted field."""

import hashlib
import json
from dataclasses import replace
from importlib.resources import files

from app.simulator.behaviours import Behaviour, Fate
from app.simulator.hosted import FieldRefused, HostedField
from app.simulator.ledger import Ledger
from app.simulator.operations import Answer, Asked, OutOfOrder, read
from app.simulator.processor import Processor
from app.simulator.rules import Rules
from app.simulator.wire import Gone, Line, Reply, Request, json_reply

ADDRESS = "/servlets/TransNox_API_Server"
FIELD = "/transit-tsep-web/tokens"
_FIELD_PAGE = "/transit-tsep-web/jsView/"
_FIELD_SCRIPT = "/transit-tsep-web/page.js"
_XML = "text/xml;charset=UTF-8"
_HTML = "text/html;charset=UTF-8"
_FAILED = Reply(
    500, _HTML, b"<html><body><h1>HTTP Status 500</h1>The simulator fails as it was told to.</body></html>"
)
_ANYBODY = (
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Allow-Headers", "Content-Type"),
)
_BY_ITSELF = (("Content-Security-Policy", "default-src 'none'; script-src 'self'; connect-src 'self'"),)


class Front:
    """Answers callers."""

    def __init__(self, processor: Processor, field: HostedField, rules: Rules, ledger: Ledger) -> None:
        self._processor = processor
        self._field = field
        self._rules = rules
        self._ledger = ledger

    async def answer(self, request: Request, line: Line) -> None:
        """Answer one request, or treat it as its behaviour says."""
        match request.method, request.path:
            case "POST", path if path == ADDRESS:
                await self._process(request, line)
            case "POST", path if path == FIELD:
                await line.reply(self._tokenize(request))
            case "OPTIONS", path if path == FIELD:
                await line.reply(Reply(200, "text/plain", b"", _ANYBODY))
            case "GET", path if path.startswith(_FIELD_PAGE) and "text/html" in request.accept:
                await line.reply(_file("page.html", _HTML))
            case "GET", path if path.startswith(_FIELD_PAGE):
                await line.reply(_file("field.js", "text/javascript"))
            case "GET", path if path == _FIELD_SCRIPT:
                await line.reply(_file("page.js", "text/javascript"))
            case _:
                await line.reply(
                    Reply(404, "text/plain", b"This simulator of TransIT has no such address.\n")
                )

    async def _process(self, request: Request, line: Line) -> None:
        try:
            asked = read(request.body)
        except OutOfOrder as refused:
            await line.reply(_xml(Answer(refused.operation, "F9901", str(refused), is_pass=False)))
            return
        behaviour = self._rules.behaviour_for(asked) or self._processor.of_itself(asked)
        if not behaviour.is_late and not await self._lets_through(asked, behaviour, line):
            return
        reply = _xml(self._processor.answer(asked, behaviour))
        if behaviour.is_late:
            await self._deliver(asked, behaviour, reply, line)
        else:
            await line.reply(reply)

    async def _lets_through(self, asked: Asked, behaviour: Behaviour, line: Line) -> bool:
        """Have a fate befall a request nothing is decided of yet; say whether it goes on after all."""
        try:
            if behaviour.fate is Fate.HUNG:
                await self._hang(asked, behaviour, line)
                return True
            if behaviour.fate is Fate.RESET:
                await line.reset_in(None)
            await line.reply(_FAILED)
        except Gone:
            self._processor.note_unanswered(asked, behaviour)
            raise
        self._processor.note_unanswered(asked, behaviour)
        return False

    async def _deliver(self, asked: Asked, behaviour: Behaviour, reply: Reply, line: Line) -> None:
        """Have a fate befall the answer to what is done."""
        match behaviour.fate:
            case Fate.HUNG:
                await self._hang(asked, behaviour, line)
                await line.reply(reply)
            case Fate.DRIPPED:
                async with self._rules.hanging(asked, behaviour) as kept:
                    await line.drip(reply, kept.released, self._ledger.knobs.pace)
            case Fate.RESET:
                await line.reset_in(reply)
            case Fate.TWICE:
                await line.send_twice(reply)
            case Fate.HTML:
                await line.reply(_FAILED)
            case Fate.TRUNCATED:
                await line.reply(replace(reply, body=reply.body[: len(reply.body) * 2 // 3]))
            case Fate.GARBLED:
                await line.reply(replace(reply, body=hashlib.sha512(reply.body).digest()))
            case Fate.SENT:
                await line.reply(reply)

    async def _hang(self, asked: Asked, behaviour: Behaviour, line: Line) -> None:
        async with self._rules.hanging(asked, behaviour) as kept:
            await line.wait(kept.released)

    def _tokenize(self, request: Request) -> Reply:
        try:
            told = self._field.token_for(json.loads(request.body or b""))
        except (FieldRefused, ValueError) as refused:
            why = str(refused) if isinstance(refused, FieldRefused) else "This is no JSON."
            return json_reply(
                {"status": "FAIL", "responseCode": "F9901", "responseMessage": why}, 200, *_ANYBODY
            )
        words = {
            "status": "PASS",
            "responseCode": "A0000",
            "responseMessage": "Success (simulator: no card is charged)",
        }
        return json_reply({**words, **told}, 200, *_ANYBODY)


def _xml(answer: Answer) -> Reply:
    return Reply(200, _XML, answer.body())


def _file(name: str, kind: str) -> Reply:
    return Reply(200, kind, files("app.simulator").joinpath(name).read_bytes(), _BY_ITSELF)
