"""Emails as they are told: who wrote, what they answer, what they say, and what they report."""

import json
from dataclasses import asdict, dataclass, field
from typing import Any, Self

MAX_TEXT = 200_000
MAX_HTML = 400_000
"""Characters of all parts together that are taken; what is longer is cut."""
HEAD = 64_000
"""Bytes of the head of an email of which no more can be read."""


@dataclass(frozen=True, slots=True)
class Body:
    """A part that is read: as text, as HTML, or as either."""

    text: str | None
    html: str | None


@dataclass(frozen=True, slots=True)
class Attachment:
    """What comes with an email, by its name and about its size in bytes."""

    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Recipient:
    """What a report tells of one recipient: by which `addresses`, what was done, and why (RFC 3463)."""

    addresses: list[str]
    action: str = ""
    status: str = ""
    said: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """What a machine tells of an email that was sent, by the `Message-ID` of that.

    Its `kind` is `delivery` (RFC 3464), or the type of a complaint, such as `abuse` (RFC 5965).
    """

    kind: str
    message_id: str | None
    recipients: list[Recipient]


@dataclass(frozen=True, slots=True)
class Mail:
    """An email. `answers` are the `Message-ID`s of what it answers, the nearest first; `date` is as written.

    What could not be read is missing, and then, or when something was cut, it is not whole.
    """

    message_id: str | None = None
    sender: str | None = None
    to: list[str] = field(default_factory=list)
    cc: list[str] = field(default_factory=list)
    subject: str = ""
    date: str = ""
    answers: list[str] = field(default_factory=list)
    bodies: list[Body] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    report: Report | None = None
    is_whole: bool = True

    def written(self) -> str:
        """Return it as one line."""
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, line: bytes) -> Self:
        """Return what was written."""
        told: dict[str, Any] = json.loads(line)
        report = told["report"]
        if report is not None:
            recipients = [Recipient(**each) for each in report["recipients"]]
            told["report"] = Report(report["kind"], report["message_id"], recipients)
        told["bodies"] = [Body(**each) for each in told["bodies"]]
        told["attachments"] = [Attachment(**each) for each in told["attachments"]]
        return cls(**told)
