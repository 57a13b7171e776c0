"""The only SQL of templates, and of what letters have beside records; every statement names the account."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select

from app.core.db import Session, WriteSession
from app.templates.models import Template

_COMPANY = "SELECT company_name, locale, currency, time_zone FROM companies WHERE account_id = $1 AND id = $1"
_STUDIOS = """
SELECT id, name, phone, email, time_zone, is_inactive FROM studios
WHERE account_id = $1 ORDER BY studio_number LIMIT 1000
"""
# Those that clients find open at the portal: there, galleries that are over may be hidden.
_GALLERIES = """
SELECT g.session_id, g.address FROM galleries g
JOIN sessions s ON s.account_id = $1 AND s.id = g.session_id
JOIN companies c ON c.account_id = $1 AND c.id = $1
WHERE g.account_id = $1 AND g.session_id = ANY($2::uuid[]) AND g.taken_down_at IS NULL AND c.has_galleries
  AND (s.gallery_state = 'online' OR (s.gallery_state = 'expired' AND NOT c.is_expired_gallery_hidden))
ORDER BY g.published_at
"""


@dataclass(frozen=True, slots=True)
class Ground:
    """What all letters of a company have in common: how it writes, and its studios by their ids."""

    company_name: str = ""
    locale: str = ""
    currency: str = "USD"
    time_zone: str = "UTC"
    studios: Mapping[UUID, Mapping[str, Any]] = field(default_factory=dict)

    def studio(self, studio_id: UUID | None) -> Mapping[str, Any]:
        """Return a studio, or the only one in use; otherwise the company in its place."""
        in_use = [each for each in self.studios.values() if not each["is_inactive"]]
        only = in_use[0] if len(in_use) == 1 else None
        found = self.studios.get(studio_id) if studio_id else None
        return found or only or {"name": self.company_name}


async def ground(session: Session) -> Ground:
    """Return what letters are written by."""
    row = await session.raw.fetchrow(_COMPANY, session.account_id)
    if row is None:
        return Ground()
    studios = await session.raw.fetch(_STUDIOS, session.account_id)
    return Ground(**row, studios={each["id"]: dict(each) for each in studios})


async def galleries(session: Session, session_ids: Collection[UUID]) -> dict[UUID, str]:
    """Return by session the addresses of galleries that are open."""
    rows = await session.raw.fetch(_GALLERIES, session.account_id, [*session_ids])
    return {row["session_id"]: row["address"] for row in rows}


async def is_email_type(session: Session, email_type_id: UUID) -> bool:
    """Say whether there is an email type of an id."""
    sql = "SELECT EXISTS (SELECT FROM email_types WHERE account_id = $1 AND id = $2)"
    return bool(await session.raw.fetchval(sql, session.account_id, email_type_id))


async def templates(session: Session) -> Sequence[Template]:
    """Return all templates, by name."""
    by_name = func.text_order(col(Template.name)).collate("C")
    found = select(Template).where(Template.account_id == session.account_id)
    return (await session.exec(found.order_by(by_name, col(Template.template_id)))).all()


async def template(session: Session, template_id: UUID) -> Template | None:
    """Return a template."""
    return await session.get(Template, (session.account_id, template_id))


async def count(session: Session) -> int:
    """Count the templates."""
    sql = "SELECT count(*) FROM templates WHERE account_id = $1"
    return int(await session.raw.fetchval(sql, session.account_id))


async def is_named(session: Session, name: str, but: UUID | None = None) -> bool:
    """Say whether another template has a name, in whatever case."""
    sql = (
        "SELECT EXISTS (SELECT FROM templates WHERE account_id = $1 AND lower(name) = lower($2)"
        " AND template_id IS DISTINCT FROM $3)"
    )
    return bool(await session.raw.fetchval(sql, session.account_id, name, but))


async def names_file(session: Session, file_id: UUID) -> bool:
    """Say whether a template names a file."""
    sql = "SELECT EXISTS (SELECT FROM templates WHERE account_id = $1 AND $2 = ANY(file_ids))"
    return bool(await session.raw.fetchval(sql, session.account_id, file_id))


async def remove(session: WriteSession, row: Template) -> None:
    """Remove a template."""
    await session.delete(row)
    await session.flush()
