"""An exchange: what the user did goes up and what changed comes down, in one round trip."""

from app.accounts.errors import DeviceRequired
from app.accounts.standing import Work, admit, refuse_old
from app.accounts.tokens import Claims
from app.core.admission import Gone
from app.core.db import Database, Session
from app.core.keys import KeyRing
from app.sync.cursor import Sealer
from app.sync.pull import opened, pull
from app.sync.push import push
from app.sync.schemas import SyncRequest


async def exchange(
    database: Database,
    keys: KeyRing,
    claims: Claims,
    *,
    sealer: Sealer,
    sent: SyncRequest,
    minimum: int,
    gone: Gone,
) -> tuple[bytes, Work[Session], bool]:
    """Return the answer's JSON text, who was answered, and whether the device is at a consistent point.

    The push is committed before the pull begins, which sees it. A cursor the pull would refuse is refused
    before anything is taken in, and who is no device before its turn has come.
    """
    pushed = b"null"
    if sent.push and sent.push.changes:
        if claims.device_id is None:
            raise DeviceRequired
        async with database.writing(claims.account_id, gone=gone) as turn:
            work = await admit(turn, keys, claims)
            refuse_old(work.schema_version, minimum)
            at = (turn, work.who, work.clock)
            await opened(*at, sealer, sent.pull, schema_version=work.schema_version)
            pushed = await push(*at, sent.push, schema_version=work.schema_version)
    async with database.reading(claims.account_id, gone=gone) as session:
        read = await admit(session, keys, claims)
        refuse_old(read.schema_version, minimum)
        pulled = await pull(
            session, read.who, read.clock, sealer, sent.pull, schema_version=read.schema_version
        )
    return b'{"push":%b,"pull":%b}' % (pushed, pulled.as_json()), read, pulled.is_consistent
