"""What is said in a letter before anybody's fields are in it, and what is wrong with that."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol
from uuid import UUID

from app.desk.hubs.fields import View
from app.http.failures import MOST_FIELDS
from app.templates.engine import LONGEST_MESSAGE, Code, Faulty, Part, check, shortest
from app.templates.fields import Basis, MergeField, bases_of, nearest, seen
from app.templates.models import TemplateKind

_WITH_A_TIME = {Basis.SESSION, Basis.APPOINTMENT}


class Worded(Protocol):
    """What letters are made of: a saved template, or a `Wording` that is not."""

    @property
    def kind(self) -> str: ...  # noqa: D102
    @property
    def basis(self) -> str: ...  # noqa: D102
    @property
    def subject(self) -> str: ...  # noqa: D102
    @property
    def text(self) -> str: ...  # noqa: D102
    @property
    def html(self) -> str | None: ...  # noqa: D102
    @property
    def has_calendar(self) -> bool: ...  # noqa: D102
    @property
    def file_ids(self) -> Sequence[UUID]: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Wording:
    """A letter that is not saved: a draft, or the subject of a task that is made by a trigger."""

    kind: TemplateKind
    basis: Basis
    subject: str = ""
    text: str = ""
    html: str | None = None
    has_calendar: bool = False
    file_ids: Sequence[UUID] = ()


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in a place: of a field that is none here also its name, and what may be meant."""

    path: str
    code: Code
    line: int | None = None
    token: str | None = None
    nearest: str | None = None
    bases: tuple[Basis, ...] = ()

    def told(self) -> dict[str, Any]:
        """Return it as a refusal names it, without what there is nothing to say of."""
        members = {"token": self.token, "nearest": self.nearest, "line": self.line, "bases": [*self.bases]}
        return {"path": self.path, "code": self.code, **{name: it for name, it in members.items() if it}}


def parts_of(worded: Worded) -> Iterator[tuple[Part, str]]:
    """Yield the parts a letter has something in."""
    for part, said in ((Part.SUBJECT, worded.subject), (Part.TEXT, worded.text), (Part.HTML, worded.html)):
        if said:
            yield part, said


def tokens_of(worded: Worded) -> set[str]:
    """Return the names of all fields in a letter; raises `Faulty` where it is none."""
    return {token for part, said in parts_of(worded) for token in check(said, part)}


def faults_of(worded: Worded, view: View) -> list[Fault]:
    """Return all that is wrong with a letter that somebody writes who may view this much."""
    fields = seen(Basis(worded.basis), view)
    found = [*_faults_of_kind(worded)]
    for part, said in parts_of(worded):
        try:
            # More than are told are not looked for: what is most like a name takes a while to find.
            found += islice(_unknown(part, check(said, part), fields, view), MOST_FIELDS)
            if worded.kind == TemplateKind.TEXT and part is Part.TEXT and shortest(said) > LONGEST_MESSAGE:
                found.append(Fault(part, Code.TOO_LONG))
        except Faulty as faulty:
            found.append(Fault(part, faulty.code, faulty.line))
    return found


def _faults_of_kind(worded: Worded) -> Iterator[Fault]:
    is_message, is_html = worded.kind == TemplateKind.TEXT, worded.kind == TemplateKind.HTML_EMAIL
    needed = {Part.SUBJECT: not is_message, Part.TEXT: not is_html, Part.HTML: is_html}
    refused = {Part.SUBJECT: is_message, Part.HTML: not is_html}
    told = {part for part, said in parts_of(worded) if said.strip()}
    for part in Part:
        if needed[part] and part not in told:
            yield Fault(part, Code.MISSING)
        elif refused.get(part) and part in told:
            yield Fault(part, Code.NOT_EXPECTED)
    if worded.has_calendar and (is_message or worded.basis not in _WITH_A_TIME):
        yield Fault("has_calendar", Code.NOT_EXPECTED)
    if worded.file_ids and is_message:
        yield Fault("file_ids", Code.NOT_EXPECTED)


def _unknown(
    part: Part, tokens: Mapping[str, int], fields: Mapping[str, MergeField], view: View
) -> Iterator[Fault]:
    for token, line in tokens.items():
        if token not in fields:
            bases = tuple(bases_of(token, view))
            code = Code.WRONG_BASIS if bases else Code.UNKNOWN_FIELD
            yield Fault(part, code, line, token, nearest(token, fields), bases)
