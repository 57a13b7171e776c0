"""What the house logs, and how: JSON lines for machines, or lines for people, on standard error.

No line has what somebody sent: no body, header, query of an address, token, cursor or value of a statement.
What is told all the same, such as a path, is left out where it holds the number of a card.
"""

import logging
import re
import sys
from datetime import UTC, datetime
from logging.config import dictConfig
from typing import Any, Literal

import orjson

from app.core import card_numbers, traces

Format = Literal["auto", "json", "text"]

TOLD = "told"
"""The attribute of a record that holds a line's members: `log.info("request", extra={TOLD: {...}})`."""

_OURS = ("studio", "uvicorn", "fastapi")
_VALUES = re.compile(r"^DETAIL:.*$", re.MULTILINE)
"""Where PostgreSQL repeats the values of a row that it refuses."""


class _WithoutValues(logging.Formatter):
    """Tells an exception without the values the database would repeat."""

    def formatException(self, ei: Any) -> str:  # noqa: N802 - the name is logging's
        return str(_fit(_VALUES.sub("DETAIL: left out", super().formatException(ei))))


class JsonLines(_WithoutValues):
    """One object a line: `time`, `level`, `logger`, `message`, the line's own members, ids of its trace."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **_members(record),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        told = orjson.dumps(line, default=str, option=orjson.OPT_UTC_Z)
        if card_numbers.may_hold(told):
            told = orjson.dumps({name: _fit(value) for name, value in orjson.loads(told).items()})
        return told.decode()


class Lines(_WithoutValues):
    """A sentence a line, with the line's members behind it."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the name is logging's
        """Return the line without its traceback."""
        members = (f" {name}={_word(_fit(value))}" for name, value in _members(record).items())
        return str(_fit(super().formatMessage(record))) + "".join(members)


def _members(record: logging.LogRecord) -> dict[str, Any]:
    return {**getattr(record, TOLD, {}), **traces.under_way()}


def _fit(value: Any) -> Any:
    """Return a value without those of its lines that hold the number of a card."""
    if not isinstance(value, str) or not card_numbers.is_in(value):
        return value
    fit = "\n".join("left out" if card_numbers.is_in(each) else each for each in value.splitlines())
    return "left out" if card_numbers.is_in(fit) else fit


def _word(value: object) -> str:
    """Write a value so that nobody can put a second line, or another member, into it."""
    text = str(value)
    return text if text.isprintable() and " " not in text else orjson.dumps(text).decode()


def config(level: str, form: Format) -> dict[str, Any]:
    """Return how the house and its server log, for `dictConfig` and uvicorn."""
    is_json = form == "json" or (form == "auto" and not sys.stderr.isatty())
    to_stderr = {"handlers": ["stderr"], "level": level.upper(), "propagate": True}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"ours": {"()": JsonLines if is_json else Lines}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "ours"}},
        "loggers": dict.fromkeys(_OURS, to_stderr),
    }


def start(level: str, form: Format) -> None:
    """Log as `config` says, unless a server has seen to it; what libraries warn of comes out the same way."""
    log = logging.getLogger("studio")
    if log.handlers:
        log.setLevel(level.upper())
    else:
        dictConfig(config(level, form))
    logging.lastResort = log.handlers[0]
