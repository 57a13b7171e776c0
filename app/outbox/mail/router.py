"""`/v1/mail-server`: by which server an account's emails go, and from which mailbox those to it are read."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

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
    EmailAddressMissing,
    MailCheckRefused,
    MailFolderNotFound,
    MailHostRefused,
    MailLoginRefused,
    MailPasswordMissing,
    MailServerAway,
    MailServerNotFound,
)
from app.outbox.mail import servers
from app.outbox.mail.schemas import MailboxAnswer, MailCheckAnswer, MailServerAnswer, MailServerRequest
from app.outbox.mail.servers import NewMailbox, NewServer, Opens
from app.outbox.mail.way import PER_DAY, PER_MINUTE, EmailWay
from app.outbox.models import MailServer
from app.outbox.rights import MAIL_SETTINGS
from app.outbox.words import sentence_of

router = APIRouter(prefix="/v1/mail-server", tags=["outbox"], route_class=JsonRoute)

CHECKS = Limit("mail checks", 6)
"""Checks, and mailboxes that are set, of one sign-in in a minute: they speak to servers of its choice."""
Viewing = Annotated[Work[Session], reading_of(MAIL_SETTINGS, Level.VIEW_ONLY)]
Deleting = Annotated[Work[WriteSession], writing_of(MAIL_SETTINGS, Level.ADD_MODIFY_DELETE)]


async def _way(request: Request) -> EmailWay:
    found: EmailWay = request.app.state.email_way
    return found


Way = Annotated[EmailWay, Depends(_way)]


async def _turns(claims: Caller, keys: KeysOf, database: DatabaseOf) -> Opens:
    """Return what opens a transaction of the caller's: none is open while a server is spoken to."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[Work[WriteSession]]:
        async with database.writing(claims.account_id) as session:
            yield await admit(session, keys, claims)

    return opened


Turns = Annotated[Opens, Depends(_turns)]


@router.get(
    "",
    operation_id="outbox_read_mail_server",
    summary="Read by which server emails go",
    responses=TAGGED | refusals_of(MailServerNotFound, PermissionDenied, *GUARDED),
)
async def read(work: Viewing, response: Response) -> MailServerAnswer:
    """Tell by which server emails go; its password is never told."""
    return _tagged(await servers.read(work.session), response)


@router.put(
    "",
    operation_id="outbox_set_mail_server",
    summary="Set by which server emails go",
    responses=TAGGED
    | refusals_of(
        MailHostRefused,
        MailLoginRefused,
        MailFolderNotFound,
        MailServerAway,
        MailPasswordMissing,
        VersionChanged,
        PreconditionRequired,
        PermissionDenied,
        *GUARDED,
        *BODY,
    ),
)
async def put(
    body: Sent[MailServerRequest],
    *,
    request: Request,
    claims: Caller,
    turns: Turns,
    way: Way,
    expected: ExpectedVersion,
    response: Response,
) -> MailServerAnswer:
    """Set by which server emails go, from the next one on; those that waited for a server go at once.

    `If-Match` names the version that was read; that of none is `"0"`. The line is always secured, and the
    server's certificate held against its name. The password is kept sealed, and needs to be sent anew when
    host, port or user name are others.

    A `mailbox` is signed in to first, where it is another one or its password is sent: what its server
    refuses is refused, and nothing changed. It is read from now on, and nothing in it is changed; what was in
    it before is not read.
    """
    if body.mailbox is not None:
        request.app.state.limits.count(CHECKS, str(claims.sign_in_id))
    mailbox = NewMailbox(**dict(body.mailbox)) if body.mailbox else None
    new = NewServer(**{**dict(body), "mailbox": mailbox})
    kept = await servers.put(turns, way.vault, way.hosts, new, expected)
    return _tagged(kept, response)


@router.delete(
    "",
    operation_id="outbox_remove_mail_server",
    summary="Forget by which server emails go",
    status_code=204,
    responses=refusals_of(
        MailServerNotFound, VersionChanged, PreconditionRequired, PermissionDenied, *GUARDED
    ),
)
async def remove(work: Deleting, expected: ExpectedVersion) -> None:
    """Forget it with its password; emails then go by the operator's server, or wait."""
    await servers.remove(work.session, work.who, expected)


@router.post(
    "/check",
    operation_id="outbox_check_mail_server",
    summary="Check the mail server",
    responses=refusals_of(
        MailServerNotFound,
        EmailAddressMissing,
        MailPasswordMissing,
        MailHostRefused,
        MailLoginRefused,
        MailCheckRefused,
        MailServerAway,
        PermissionDenied,
        *GUARDED,
    ),
)
async def check(request: Request, claims: Caller, turns: Turns, way: Way) -> MailCheckAnswer:
    """Send a letter by the server that is set, to the caller's own address; it takes 20 seconds at most."""
    request.app.state.limits.count(CHECKS, str(claims.sign_in_id))
    to, said = await servers.check(turns, way.vault, way.hosts)
    return MailCheckAnswer(to_address=to, said=said)


def _tagged(kept: MailServer, response: Response) -> MailServerAnswer:
    response.headers["ETag"] = etag(kept.version)
    told = {
        **dict(kept),
        "per_minute": kept.per_minute or PER_MINUTE,
        "per_day": kept.per_day or PER_DAY,
        "mailbox": _mailbox(kept),
    }
    return MailServerAnswer(**{name: told[name] for name in MailServerAnswer.model_fields})


def _mailbox(kept: MailServer) -> MailboxAnswer | None:
    if kept.in_host is None or kept.in_port is None or kept.in_user is None or kept.in_folder is None:
        return None
    return MailboxAnswer(
        host=kept.in_host,
        port=kept.in_port,
        user_name=kept.in_user,
        folder=kept.in_folder,
        checked_at=kept.in_checked_at,
        code=kept.in_code,
        message=sentence_of(kept.in_code),
    )
