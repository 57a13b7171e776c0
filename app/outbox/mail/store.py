"""The only SQL of mail servers; every statement names the account."""

from sqlmodel import select

from app.core.db import Session, WriteSession
from app.outbox.models import MailServer


async def server(session: Session) -> MailServer | None:
    """Return the account's own mail server."""
    kept = select(MailServer).where(MailServer.account_id == session.account_id)
    return (await session.exec(kept)).one_or_none()


async def remove(session: WriteSession, kept: MailServer) -> None:
    """Forget it."""
    await session.delete(kept)
    await session.flush()
