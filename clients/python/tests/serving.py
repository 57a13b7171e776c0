"""The real server and a studio on a real PostgreSQL, for clients that know nothing of its event loop."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
from anyio.from_thread import BlockingPortal, start_blocking_portal
from fastapi import FastAPI

from app.accounts.devices import authorize
from app.core.db import Database
from app.core.principal import Principal
from app.main import create_app
from app.sync.store import Write
from tests.accounts.studios import Studio, new_studio
from tests.contract.records import by_server
from tests.samples import sample, widen
from tests.serving import BASE_URL, Door, unhurried


@dataclass
class House:
    """The server, and what happens in it besides what phones do."""

    portal: BlockingPortal
    app: FastAPI
    database: Database
    door: Door

    def studio(self) -> "Desk":
        """Make an account of its own with places for phones of both its users."""
        return self.portal.call(self._studio)

    def bare_studio(self) -> "Desk":
        """Make an account of its own with a place for the photographer's phone."""
        return self.portal.call(self._bare_studio)

    async def _studio(self) -> "Desk":
        desk = await self._bare_studio()
        await desk.studio.authorize(2)
        administrator = await desk.studio.signed_in(initials="JD", device=None)
        account_id = desk.studio.account.account_id
        async with self.database.writing(account_id) as session:
            who = Principal.system(account_id)
            await authorize(session, who, UUID(administrator["user"]["id"]), None)
        return desk

    async def _bare_studio(self) -> "Desk":
        """Its phones hold everything unless preferences say otherwise."""
        inside = httpx.ASGITransport(app=self.app, raise_app_exceptions=False)
        client = httpx.AsyncClient(transport=inside, base_url=BASE_URL)
        studio = await new_studio(self.database, client, self.app.state.keys)
        await widen(self.database, studio.account.account_id)
        return Desk(self.portal, studio, self.door)


@dataclass
class Desk:
    """A studio, and what somebody at its desk does."""

    portal: BlockingPortal
    studio: Studio
    door: Door

    @property
    def account(self) -> str:
        return self.studio.account.account_name

    def write(self, collection: str, record_id: str | None = None, **fields: Any) -> str:
        """Write a new record, or some fields of one that is there."""
        whole = fields if record_id else sample(collection, **fields)
        written = record_id or str(uuid4())
        self.portal.call(by_server, self.studio, Write(collection, UUID(written), whole))
        return written

    def delete(self, collection: str, record_id: str) -> None:
        """Delete a record."""
        self.portal.call(by_server, self.studio, Write(collection, UUID(record_id), None))

    def read(self, collection: str) -> list[dict[str, Any]]:
        """Return the records of a collection, of few."""
        records: list[dict[str, Any]] = self._administer("GET", f"/v1/{collection}", None)["records"]
        return records

    def preferences(self) -> dict[str, Any]:
        """Return the preferences of the company."""
        values: dict[str, Any] = self._administer("GET", "/v1/preferences", None)["values"]
        return values

    def prefer(self, **values: Any) -> None:
        """Set preferences of the company."""
        self._administer("PUT", "/v1/preferences", values)

    def deactivate(self, device_id: str, *, is_inactive: bool = True) -> None:
        """Shut a phone out, or let it in again."""
        path = f"/v1/devices/{device_id}"
        version = self._administer("GET", path, None)["version"]
        self._administer("PATCH", path, {"is_inactive": is_inactive}, version)

    def authorize(self, initials: str) -> None:
        """Let a user's next phone sign in."""
        users = self._administer("GET", "/v1/users", None)["users"]
        [user] = [each["id"] for each in users if each["initials"] == initials]
        self._administer("POST", "/v1/devices", {"user_id": user})

    def group(self, name: str) -> None:
        """Make a security group."""
        self._administer("POST", "/v1/security-groups", {"name": name})

    def api_key(self, name: str) -> str:
        """Make an API key, and return its id."""
        levels = {"clients": "view_only"}
        return str(self._administer("POST", "/v1/api-keys", {"name": name, "levels": levels})["id"])

    def webhook(self, name: str, key_id: str) -> None:
        """Make a webhook of a key, and have something told to it."""
        sent = {"url": "https://93.184.215.14/hook", "types": ["*"], "description": name, "key_id": key_id}
        made = self._administer("POST", "/v1/webhooks", sent)
        self._administer("POST", f"/v1/webhooks/{made['id']}/test", None)

    def devices(self) -> list[dict[str, Any]]:
        """List the rows of the account's devices."""
        rows: list[dict[str, Any]] = self._administer("GET", "/v1/devices", None)["devices"]
        return rows

    def execute(self, statement: str, *values: Any) -> list[Any]:
        """Read or change rows of the account by SQL; $1 is the account."""
        return self.portal.call(self.studio.execute, statement, *values)

    def _administer(self, method: str, path: str, body: Any, version: int | None = None) -> Any:
        with httpx.Client(transport=self.door, base_url=BASE_URL) as client:
            headers = self.portal.call(self.studio.administrator)
            if version is not None:
                headers["If-Match"] = f'"{version}"'
            answer = client.request(method, path, json=body, headers=headers)
            assert answer.is_success, answer.text
            return answer.json()


@contextmanager
def served(folder: Path, database_url: str, **chosen: Any) -> Iterator[House]:
    """Serve from a database, with settings of one's own."""
    with start_blocking_portal("asyncio") as portal:
        app, database = create_app(unhurried(database_url, folder, **chosen)), Database(database_url)
        with portal.wrap_async_context_manager(app.router.lifespan_context(app)):
            yield House(portal, app, database, Door(app, portal.call))
        portal.call(database.close)
