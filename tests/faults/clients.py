"""Phones with the client in Python, which is not async, while the test that moves them is."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studio_sync_client import Client, Device
from tests.accounts.studios import PASSWORD

Json = dict[str, Any]


@dataclass
class Clients:
    """Phones of the photographer's, each with a database in a folder."""

    url: str
    account_name: str
    folder: Path
    made: list[Client] = field(default_factory=list)

    async def new(self) -> Client:
        """Sign in another phone."""
        path = self.folder / f"phone-{len(self.made)}.db"
        client = Client(path, self.url, Device("Pat's phone", "Pixel 9", "android", "1.0.0"))
        self.made.append(client)
        await asyncio.to_thread(client.sign_in, self.account_name, "PK", PASSWORD)
        await self.sync(client)
        return client

    async def sync(self, *clients: Client) -> None:
        for client in clients:
            await asyncio.to_thread(client.sync, verify=True)

    def holds(self, client: Client) -> dict[tuple[str, str], Json]:
        """Return what the user sees of clients and tasks."""
        return {(name, each["id"]): each for name in ("clients", "tasks") for each in client.all(name)}

    def close(self) -> None:
        for client in self.made:
            client.close()
