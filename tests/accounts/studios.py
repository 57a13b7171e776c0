"""A studio of a test, and ways to act in it."""

import asyncio
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx

import app.studio  # noqa: F401 - declares the features, as in the house
from app.accounts.devices import authorize
from app.accounts.lifecycle import create_account
from app.accounts.models import Account, Edition, SubscriptionState, User
from app.accounts.store import enter_name
from app.accounts.users import NewUser, create_user
from app.core import clock
from app.core.db import Database
from app.core.keys import KeyRing
from app.core.principal import Principal
from app.sync import registry

PASSWORD = "a long walk by the sea"


@dataclass
class Studio:
    """An account with an administrator JD and a photographer PK, and ways to act in it."""

    database: Database
    client: httpx.AsyncClient
    keys: KeyRing
    account: Account
    photographer: User
    uid: UUID = field(default_factory=uuid4)

    async def authorize(self, count: int = 1, user: User | None = None) -> list[UUID]:
        """Add rows for a user's phones, one after the other."""
        rows = []
        who = Principal.system(self.account.account_id)
        for _ in range(count):
            async with self.database.writing(self.account.account_id) as session:
                device = await authorize(session, who, (user or self.photographer).user_id, None)
                rows.append(device.device_id)
        return rows

    def words(self, **changed: Any) -> dict[str, Any]:
        """Return the body of a phone's login, with something changed; a device of None makes it a desk."""
        body = {
            "account": self.account.account_name,
            "initials": "PK",
            "password": PASSWORD,
            "device": self.phone(self.uid),
            **changed,
        }
        return {name: value for name, value in body.items() if value is not None}

    def phone(self, uid: UUID | None = None) -> dict[str, Any]:
        """Return what a phone reports about itself."""
        return {
            "uid": str(uid or uuid4()),
            "name": "Pat's phone",
            "model": "Pixel 9",
            "platform": "android",
            "app_version": "1.0.0",
            "schema_version": registry.schema_version(),
        }

    async def login(self, **changed: Any) -> httpx.Response:
        """Try to sign in."""
        return await self.client.post("/v1/auth/login", json=self.words(**changed))

    async def signed_in(self, **changed: Any) -> dict[str, Any]:
        """Sign in and return the answer."""
        answer = await self.login(**changed)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def administrator(self) -> dict[str, str]:
        """Return the headers of the administrator's desk."""
        return bearer(await self.signed_in(initials="JD", device=None))

    def made_up_token(self, number: int = 0) -> str:
        """Return what looks like a refresh token of the account, as anybody can make who has had one."""
        return urlsafe_b64encode(self.account.account_id.bytes + number.to_bytes(32)).decode()

    async def change_device(
        self, device: UUID | str, desk: dict[str, str] | None = None, **change: Any
    ) -> httpx.Response:
        """Change the version of a device that there is, at an administrator's desk."""
        headers, path = desk or await self.administrator(), f"/v1/devices/{device}"
        etag = (await self.client.get(path, headers=headers)).headers.get("etag", '"1"')
        return await self.client.patch(path, json=change, headers={**headers, "If-Match": etag})

    async def execute(self, statement: str, *values: Any) -> list[Any]:
        """Change or read rows of the account by SQL; $1 is the account."""
        async with self.database.writing(self.account.account_id) as session:
            return list(await session.raw.fetch(statement, self.account.account_id, *values))


def bearer(signed_in: dict[str, Any]) -> dict[str, str]:
    """Return the headers of somebody who has signed in."""
    return {"Authorization": f"Bearer {signed_in['access_token']}"}


async def new_studio(database: Database, client: httpx.AsyncClient, keys: KeyRing) -> Studio:
    """Make a studio of two licences with one free row for the photographer's phone."""
    account = await create_account(
        database,
        account_name=f"s{uuid4().hex}",
        company_name="Studio of a test",
        time_zone="America/Denver",
        country="US",
        edition=Edition.PROFESSIONAL,
        licences=2,
        administrator=NewUser("JD", PASSWORD, "Jo", "Doe"),
    )
    photographer = await create_user(database, account, NewUser("PK", PASSWORD, "Pat", "Kerr"))
    studio = Studio(database, client, keys, account, photographer)
    await studio.authorize()
    return studio


async def insist(times: int, ask: Callable[[], Awaitable[httpx.Response]]) -> list[httpx.Response]:
    """Ask so often at once, and again where there was no room."""
    answers: list[httpx.Response] = []
    while len(answers) < times:
        found = await asyncio.gather(*(ask() for _ in range(times - len(answers))))
        answers += [each for each in found if each.json().get("code") not in {"account_busy", "overloaded"}]
    return answers


async def as_owner(owner_url: str, statement: str, *values: object) -> None:
    """Do with the audit trail what only who owns the tables can."""
    connection = await asyncpg.connect(owner_url)
    try:
        # The walls between accounts hold for the owner too.
        await connection.execute("ALTER TABLE audit_entries NO FORCE ROW LEVEL SECURITY")
        await connection.execute(statement, *values)
        await connection.execute("ALTER TABLE audit_entries FORCE ROW LEVEL SECURITY")
    finally:
        await connection.close()


async def enter(database: Database, account_id: UUID) -> None:
    """Have an account be found by its name, and by what goes through all of them, as every real one is."""
    now = clock.now()
    account = Account(
        account_id=account_id,
        account_name=f"d{uuid4().hex}",
        company_name="Harbor",
        edition=Edition.PROFESSIONAL,
        licences=1,
        subscription_state=SubscriptionState.ACTIVE,
        time_zone="America/New_York",
        country="US",
        created_at=now,
        changed_at=now,
    )
    async with database.writing(account_id) as session:
        await enter_name(session, account.account_name)
        session.add(account)
