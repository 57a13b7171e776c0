"""A phone beside a desk: what it pulls and pushes, as an app does."""

from typing import Any
from uuid import uuid4

import httpx

from tests.accounts.studios import Studio, bearer

Json = dict[str, Any]


async def pull(studio: Studio, phone: Json, cursor: str | None = None, **said: Any) -> Json:
    """Pull to a consistent page, and return it."""
    while True:
        body = {"cursor": cursor, **said}
        answer = await studio.client.post("/v1/sync/pull", json=body, headers=bearer(phone))
        assert answer.status_code == 200, answer.text
        page = dict(answer.json())
        if not page["has_more"]:
            return page
        cursor = page["cursor"]


async def push(studio: Studio, phone: Json, *changes: Json, first: int = 1) -> httpx.Response:
    """Push some changes to clients."""
    numbered = [
        {"n": n, "collection": "clients", "id": str(uuid4()), **change}
        for n, change in enumerate(changes, first)
    ]
    body = {"first": first, "changes": numbered}
    return await studio.client.post("/v1/sync/push", json=body, headers=bearer(phone))
