"""`/v1/text-line`: by which line an account's texts go and come in."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from app.accounts.errors import PermissionDenied, VersionChanged
from app.accounts.guards import GUARDED, Caller, KeysOf, reading_of, writing_of
from app.accounts.standing import Work, admit
from app.core.db import Session, WriteSession
from app.core.principal import Level
from app.http.body import JsonRoute
from app.http.errors import PreconditionRequired
from app.http.etags import TAGGED, ExpectedVersion, etag
from app.http.limits import Limit
from app.http.problems import BODY, refusals_of
from app.http.schemas import Sent
from app.http.unit_of_work import DatabaseOf
from app.outbox.errors import (
    PublicUrlMissing,
    TextLineNotFound,
    TextLineRefused,
    TextProviderAway,
    TextTokenMissing,
)
from app.outbox.models import TextLine
from app.outbox.rights import MAIL_SETTINGS
from app.outbox.texts import lines
from app.outbox.texts.lines import NewLine
from app.outbox.texts.schemas import TextLineAnswer, TextLineRequest, TextLineSetAnswer
from app.outbox.texts.way import TextWay

router = APIRouter(prefix="/v1/text-line", tags=["outbox"], route_class=JsonRoute)

SIGN_INS = Limit("text line sign-ins", 12)
"""How often one sign-in sets a line in a minute: each signs in at the provider."""
Viewing = Annotated[Work[Session], reading_of(MAIL_SETTINGS, Level.VIEW_ONLY)]
Deleting = Annotated[Work[WriteSession], writing_of(MAIL_SETTINGS, Level.ADD_MODIFY_DELETE)]


async def _way(request: Request) -> TextWay:
    found: TextWay = request.app.state.text_way
    return found


WayOf = Annotated[TextWay, Depends(_way)]


@router.get(
    "",
    operation_id="outbox_read_text_line",
    summary="Read by which line texts go",
    responses=TAGGED | refusals_of(TextLineNotFound, PermissionDenied, *GUARDED),
)
async def read(work: Viewing, response: Response) -> TextLineAnswer:
    """Tell by which line texts go; neither its token nor where texts come in is told."""
    kept, sent = await lines.read(work.session)
    response.headers["ETag"] = etag(kept.version)
    return TextLineAnswer(**_told(kept, sent))


@router.put(
    "",
    operation_id="outbox_set_text_line",
    summary="Set by which line texts go",
    responses=TAGGED
    | refusals_of(
        PublicUrlMissing,
        TextTokenMissing,
        TextLineRefused,
        TextProviderAway,
        VersionChanged,
        PreconditionRequired,
        PermissionDenied,
        *GUARDED,
        *BODY,
    ),
)
async def put(
    *,
    body: Sent[TextLineRequest],
    request: Request,
    claims: Caller,
    keys: KeysOf,
    database: DatabaseOf,
    way: WayOf,
    expected: ExpectedVersion,
    response: Response,
) -> TextLineSetAnswer:
    """Set by which line texts go, from the next one on; those that waited for a line go at once.

    `If-Match` names the version that was read; that of none is `"0"`. It is signed in at the provider first:
    what is refused there changes nothing. The token is kept sealed. `incoming_url` is to be entered at the
    provider as where messages come in; it stays the same until the line is forgotten.
    """
    request.app.state.limits.count(SIGN_INS, str(claims.sign_in_id))

    @asynccontextmanager
    async def opened() -> AsyncIterator[Work[WriteSession]]:
        async with database.writing(claims.account_id) as session:
            yield await admit(session, keys, claims)

    kept, sent, hook = await lines.put(opened, way, NewLine(**dict(body)), expected)
    response.headers["ETag"] = etag(kept.version)
    return TextLineSetAnswer(**_told(kept, sent), incoming_url=hook)


@router.delete(
    "",
    operation_id="outbox_remove_text_line",
    summary="Forget by which line texts go",
    status_code=204,
    responses=refusals_of(TextLineNotFound, VersionChanged, PreconditionRequired, PermissionDenied, *GUARDED),
)
async def remove(work: Deleting, expected: ExpectedVersion) -> None:
    """Forget the line with its token; texts then wait, and what the provider brings is refused."""
    await lines.remove(work.session, work.who, expected)


def _told(kept: TextLine, sent: int) -> dict[str, Any]:
    own = [name for name in TextLineAnswer.model_fields if name != "sent_this_month"]
    return {**{name: getattr(kept, name) for name in own}, "sent_this_month": sent}
