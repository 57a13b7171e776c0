"""Refusals that are hard to have from a server in good health."""

from typing import Any

import httpx


def problem(status: int, code: str, retry_after: int | None = None, **members: Any) -> httpx.Response:
    """Return a refusal as the server words it."""
    headers = {"Content-Type": "application/problem+json"}
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    body = {"code": code, "title": code, "status": status, **members}
    return httpx.Response(status, json=body, headers=headers)
