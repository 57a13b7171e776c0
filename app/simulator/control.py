"""What whoever runs the simulator reaches, on this machine alone: behaviours, time, the ledger."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any
from urllib.parse import parse_qs

from app.simulator.behaviours import BEHAVIOURS, chosen, trigger
from app.simulator.cards import numbers_of
from app.simulator.ledger import Ledger, knob_names
from app.simulator.reports import Reports
from app.simulator.rules import Rule, Rules
from app.simulator.wire import Line, Reply, Request, json_reply

_HERE = {"127.0.0.1", "localhost"}
_LONGEST_LAG = 600


class _Wrong(Exception):
    """What was asked makes no sense; told in a sentence."""


class Control:
    """Answers whoever runs the simulator, in JSON."""

    def __init__(self, ledger: Ledger, rules: Rules) -> None:
        self._ledger = ledger
        self._rules = rules
        self._does: dict[tuple[str, str], Callable[[dict[str, Any]], Awaitable[Any]]] = {
            ("GET", "/"): self._state,
            ("GET", "/behaviours"): self._behaviours,
            ("GET", "/ledger"): self._records,
            ("GET", "/waiting"): self._waiting,
            ("POST", "/behave"): self._behave,
            ("POST", "/forget"): self._forget,
            ("POST", "/knobs"): self._turn,
            ("POST", "/advance"): self._advance,
            ("POST", "/release"): self._release,
            ("POST", "/settle"): self._settle,
        }

    async def answer(self, request: Request, line: Line) -> None:
        """Answer one request."""
        await line.reply(await self._reply(request))

    async def _reply(self, request: Request) -> Reply:
        # A page in a browser on this machine may reach us, but not by a name of its own.
        if request.host.rpartition(":")[0] not in _HERE:
            return json_reply({"error": "This is for this machine alone."}, 403)
        does = self._does.get((request.method, request.path))
        if does is None:
            return json_reply({"error": "There is no such control."}, 404)
        try:
            return json_reply(await does(_said(request)))
        except _Wrong as refused:
            return json_reply({"error": str(refused)}, 422)

    async def _state(self, _: dict[str, Any]) -> Any:
        return {
            "simulator": True,
            "now": self._ledger.now().isoformat(),
            "knobs": asdict(self._ledger.knobs),
            "rules": [
                {
                    "behaviour": each.behaviour.name,
                    "times": each.times,
                    "operations": sorted(each.operations),
                    "device": each.device,
                    "reference": each.reference,
                }
                for each in self._rules.all
            ],
            "waiting": self._hanging(),
        }

    async def _behaviours(self, _: dict[str, Any]) -> Any:
        return table()

    async def _records(self, said: dict[str, Any]) -> Any:
        return self._ledger.records(said.get("reference"))

    async def _waiting(self, said: dict[str, Any]) -> Any:
        at_most = _whole(said, "at_most", 0) if "at_most" in said else None
        await self._rules.until(_whole(said, "at_least", 0), at_most)
        return self._hanging()

    async def _behave(self, said: dict[str, Any]) -> Any:
        try:
            rule = Rule(
                behaviour=chosen(said.pop("behaviour")),
                operations=frozenset(said.pop("operations", [])),
                times=_times(said.pop("times", 1)),
                **said,
            )
        except (KeyError, TypeError):
            raise _Wrong(
                "No such behaviour can be asked for, or something is said that means nothing."
            ) from None
        self._rules.all.append(rule)
        return {"rules": len(self._rules.all)}

    async def _forget(self, _: dict[str, Any]) -> Any:
        self._rules.all.clear()
        return {"rules": 0}

    async def _turn(self, said: dict[str, Any]) -> Any:
        if unknown := said.keys() - knob_names():
            raise _Wrong(f"There is no {min(unknown)}.")
        if not all(isinstance(each, int | float) and not isinstance(each, bool) for each in said.values()):
            raise _Wrong("Knobs are turned to numbers.")
        if any(value < 0 for name, value in said.items() if name != "clock_offset"):
            raise _Wrong("Only the clock goes back.")
        if said.get("lookup_lag", 0) > _LONGEST_LAG:
            raise _Wrong(f"lookup_lag is 0 to {_LONGEST_LAG} seconds.")
        self._ledger.turn(said)
        return asdict(self._ledger.knobs)

    async def _advance(self, said: dict[str, Any]) -> Any:
        seconds = _whole(said, "seconds", None)
        self._ledger.turn({"clock_offset": self._ledger.knobs.clock_offset + seconds})
        return {"now": self._ledger.now().isoformat()}

    async def _release(self, _: dict[str, Any]) -> Any:
        return {"released": self._rules.release()}

    async def _settle(self, _: dict[str, Any]) -> Any:
        with self._ledger.writing():
            return {"settled": Reports(self._ledger).close_all()}

    def _hanging(self) -> list[dict[str, Any]]:
        return [
            {
                "number": each.number,
                "operation": each.asked.operation,
                "reference": each.asked.fields.get("externalReferenceID"),
                "behaviour": each.behaviour.name,
            }
            for each in self._rules.waiting.values()
        ]


def table() -> list[dict[str, Any]]:
    """Return all behaviours, with how each is known and what chooses it: an amount in cents, test cards."""
    return [
        {
            "name": each.name,
            "source": each.source.value,
            "told": each.told,
            "chosen": each.chosen,
            "amount": trigger(each),
            "cards": numbers_of(each) if each.chosen else [],
        }
        for each in BEHAVIOURS.values()
    ]


def _said(request: Request) -> dict[str, Any]:
    if request.method == "GET":
        return {name: values[-1] for name, values in parse_qs(request.query).items()}
    try:
        said = json.loads(request.body or b"{}")
    except ValueError:
        raise _Wrong("This is no JSON.") from None
    if not isinstance(said, dict):
        raise _Wrong("This is no object.")
    return said


def _times(said: Any) -> int | None:
    if said is None or (isinstance(said, int) and said > 0):
        return said
    raise _Wrong("times is a number above 0, or null for ever.")


def _whole(said: dict[str, Any], name: str, otherwise: int | None) -> int:
    try:
        return int(said.get(name, otherwise))  # type: ignore[arg-type] # what is no number is told
    except (TypeError, ValueError):
        raise _Wrong(f"{name} is a whole number.") from None
