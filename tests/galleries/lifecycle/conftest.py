"""A company whose galleries are switched on, its phone, and pictures as an upload leaves them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

import app.galleries.lifecycle  # noqa: F401 - declares the commands
from app.core import clock
from tests.contract.conftest import house, http
from tests.studio.conftest import Company, Fields, call, company, desk
from tests.sync.conftest import held, phone

__all__ = ["company", "desk", "held", "house", "http", "phone"]

ADD_PICTURE = """
INSERT INTO pictures (account_id, id, session_id, name, number, position, rating, is_online, state,
    media_type, size_bytes, sha256, uploaded_at)
VALUES ($1, $2, $3, $4, $4, 0, $5, false, $6, 'image/jpeg', 1, '\\x00', $7)
"""


@dataclass
class Site:
    """A company's galleries, from its phone."""

    company: Company
    type_id: str

    async def does(self, command: str, session: str, **fields: Any) -> Fields:
        """Use a command on a session and return the verdict."""
        [result] = await self.company.push(call(command, "sessions", session, **fields))
        return result

    async def done(self, command: str, session: str, **fields: Any) -> Fields:
        """Use a command that must be applied, and return the session as the phone holds it then."""
        result = await self.does(command, session, **fields)
        assert result["verdict"] == "applied", result
        return await self.company.pulled("sessions", session)

    async def session(self, pictures: int = 0, **fields: Any) -> str:
        """Have a session of the type, with so many pictures."""
        of = {"client_id": self.company.client_id, "session_type_id": self.type_id}
        made = await self.company.has("sessions", **{**of, "description": "Portrait", **fields})
        await self.pictures(made, pictures)
        return made

    async def pictures(
        self, session: str, many: int = 1, rating: str = "undecided", state: str = "ready"
    ) -> list[str]:
        """Have pictures of a session as they are after an upload."""
        ids = [uuid4() for _ in range(many)]
        for each in ids:
            values = UUID(session), f"{each}.jpg", rating, state, clock.now()
            await self.execute(ADD_PICTURE, each, *values)
        return [str(each) for each in ids]

    async def group(self, session: str, pictures: Sequence[str]) -> str:
        """Have a group of some pictures."""
        group = uuid4()
        await self.execute(
            "INSERT INTO picture_groups (account_id, id, session_id, name, is_online, is_made_by_client,"
            " made_at) VALUES ($1, $2, $3, 'Family', false, false, now())",
            group,
            UUID(session),
        )
        for each in pictures:
            sql = "INSERT INTO picture_group_members (account_id, group_id, picture_id) VALUES ($1, $2, $3)"
            await self.execute(sql, group, UUID(each))
        return str(group)

    async def shown(self, session: str) -> set[str]:
        """Return the pictures that are chosen for the gallery."""
        sql = "SELECT id FROM pictures WHERE account_id = $1 AND session_id = $2 AND is_online"
        return {str(row["id"]) for row in await self.execute(sql, UUID(session))}

    async def addresses(self, session: str) -> list[tuple[str, bool]]:
        """Return the addresses the session has had, in their order, each with whether it is open."""
        sql = """
            SELECT address, taken_down_at IS NULL AS is_open FROM galleries
            JOIN gallery_addresses a ON a.gallery_id = id AND a.address_hash = sha256(address::bytea)
                AND a.account_id = galleries.account_id
            WHERE galleries.account_id = $1 AND session_id = $2 ORDER BY taken_down_at NULLS LAST"""
        return [(row["address"], row["is_open"]) for row in await self.execute(sql, UUID(session))]

    async def execute(self, statement: str, *values: Any) -> list[Any]:
        """Change or read rows of the account by SQL; $1 is the account."""
        desk = self.company.desk
        async with desk.database.writing(desk.account_id) as session:
            return list(await session.raw.fetch(statement, desk.account_id, *values))


@pytest.fixture
async def site(company: Company) -> Site:
    await company.settles(has_galleries=True)
    about = {"description": "Family", "price_list": "Portraits", "days_online": 30}
    return Site(company, await company.has("session_types", **about))


def at(text: str) -> datetime:
    """Return an instant of its ISO form."""
    return datetime.fromisoformat(text)
