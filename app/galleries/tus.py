"""tus 1.0.0, the open protocol of resumable uploads, as far as headers go: https://tus.io/protocols/resumable-upload."""

import binascii
import hashlib
from base64 import b64decode
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from app.core.errors import AppError
from app.galleries.errors import (
    ChecksumUnsupported,
    TusVersionUnsupported,
    UploadInvalid,
    UploadTypeUnsupported,
)

VERSION = "1.0.0"
EXTENSIONS = "creation,expiration,checksum,termination"
MEDIA_TYPE = "application/offset+octet-stream"
RESUMABLE = {"Tus-Resumable": VERSION}
_ALGORITHMS: Mapping[str, Callable[[], Any]] = {
    # Of the protocol: it tells what was changed on its way, and keeps no secret.
    "sha1": lambda: hashlib.sha1(usedforsecurity=False),
    "sha256": hashlib.sha256,
    "md5": lambda: hashlib.md5(usedforsecurity=False),
}
ALGORITHMS = ",".join(_ALGORITHMS)
_LONGEST_NUMBER = 15
_LONGEST_METADATA = 4_000
_NAMES = ("filename", "name")
"""What clients call the name of a file."""


class TusRoute(APIRoute):
    """A route every answer of which, also a refusal, says which version of the protocol it speaks."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Look at the version before anything else is, and say it behind everything else."""
        handle = super().get_route_handler()

        async def speak(request: Request) -> Response:
            try:
                answer = await handle(request)
            except AppError as refusal:
                refusal.headers.update(RESUMABLE)
                raise
            answer.headers.update(RESUMABLE)
            return answer

        return speak


def require_version(stated: str | None) -> None:
    """Refuse another version of the protocol, or none."""
    if stated != VERSION:
        raise TusVersionUnsupported(headers={"Tus-Version": VERSION})


def number(text: str | None, header: str) -> int:
    """Return the number in a header."""
    if text is None or not (text.isascii() and text.isdecimal()) or len(text) > _LONGEST_NUMBER:
        raise UploadInvalid(header=header)
    return int(text)


def filename(metadata: str | None) -> str:
    """Return the file's name of `Upload-Metadata`: keys, each with its value in Base64."""
    found: dict[str, str] = {}
    try:
        if metadata is None or len(metadata) > _LONGEST_METADATA:
            raise UploadInvalid(header="Upload-Metadata")
        for pair in metadata.split(","):
            key, _, value = pair.strip().partition(" ")
            if key in _NAMES:
                found[key] = b64decode(value.strip(), validate=True).decode()
    except (binascii.Error, UnicodeError, ValueError):
        raise UploadInvalid(header="Upload-Metadata") from None
    for name in _NAMES:
        if name in found:
            return found[name]
    raise UploadInvalid(header="Upload-Metadata")


def require_type(request: Request) -> None:
    """Refuse a body that is no piece of a file as it is."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if (
        kind != MEDIA_TYPE
        or request.headers.get("content-encoding", "identity").strip().lower() != "identity"
    ):
        raise UploadTypeUnsupported


@dataclass(slots=True)
class Checksum:
    """What a piece has to be by `Upload-Checksum`."""

    expected: bytes
    hashed: Any

    @classmethod
    def of(cls, header: str | None) -> "Checksum | None":
        """Return what a header asks for; raises `ChecksumUnsupported`."""
        if header is None:
            return None
        name, _, told = header.partition(" ")
        try:
            return cls(b64decode(told, validate=True), _ALGORITHMS[name]())
        except (binascii.Error, ValueError, KeyError):
            raise ChecksumUnsupported from None

    def add(self, piece: bytes) -> None:
        """Look at what has arrived."""
        self.hashed.update(piece)

    def is_met(self) -> bool:
        """Say whether what has arrived is what was sent."""
        return bool(self.hashed.digest() == self.expected)


def moment(instant: datetime) -> str:
    """Return an instant as HTTP writes it."""
    return format_datetime(instant, usegmt=True)
