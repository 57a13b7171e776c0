"""An answer to a desk: a record as bytes with its version, a page of them, or nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import orjson
from fastapi import Response

from app.core.errors import AppError
from app.desk.store import Found
from app.http.etags import etag
from app.http.problems import MEDIA_TYPE, members
from app.sync.reactions import Notice
from app.sync.registry import Collection
from app.sync.verdicts import warning


@dataclass(frozen=True, slots=True)
class Answered:
    """What is answered, before it is kept or sent."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self) -> Response:
        """Return it as it is sent."""
        return Response(self.body, status_code=self.status, headers=dict(self.headers))


_JSON = {"Content-Type": "application/json"}


def address(collection: Collection, record_id: UUID) -> str:
    """Return where a record is."""
    return f"/v1/{collection.name}/{record_id}"


def shown(found: Found) -> Answered:
    """Answer with a record as it is."""
    return Answered(200, found.body + b"}", {**_JSON, "ETag": etag(found.body_revision)})


def listed(bodies: Sequence[bytes], next_page: str | None) -> Answered:
    """Answer with a page of records."""
    told = b'{"records":%b,"next_page":%b}' % (_array(bodies), orjson.dumps(next_page))
    return Answered(200, told, _JSON)


def inbox_page(count: int, bodies: Sequence[bytes] | None, next_page: str | None) -> Answered:
    """Answer with how many entries are open, and a page of some if any were asked for."""
    entries = b"null" if bodies is None else _array(bodies)
    told = b'{"open":%d,"entries":%b,"next_page":%b}' % (count, entries, orjson.dumps(next_page))
    return Answered(200, told, _JSON)


def _array(bodies: Sequence[bytes]) -> bytes:
    return b"[" + b"},".join(bodies) + (b"}]" if bodies else b"]")


def refused(error: AppError, request_id: str) -> Answered:
    """Answer with a refusal."""
    body = orjson.dumps(members(error, request_id))
    return Answered(error.status, body, {"Content-Type": MEDIA_TYPE, **error.headers})


def written(found: Found, notices: Sequence[Notice], status: int = 200, **headers: str) -> Answered:
    """Answer with a record as it is now, and what its writer should know."""
    warnings = orjson.dumps([warning(each) for each in notices])
    body = b'%b,"warnings":%b}' % (found.body, warnings)
    return Answered(status, body, {**_JSON, "ETag": etag(found.body_revision), **headers})
