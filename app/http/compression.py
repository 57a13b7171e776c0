"""Answers made smaller for who takes them so: zstd before gzip, each at the level that costs next to nothing.

Measured on pages of records (`python -m benchmarks compression`): at the first level both cost about a
microsecond a record, and a higher one costs ten times that for a tenth of the size.
"""

import sys
from asyncio import to_thread
from enum import StrEnum
from functools import lru_cache
from typing import Protocol

from isal import isal_zlib
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

SMALLEST = 1_000
"""Bytes below which an answer fits a packet as it is."""
_AT_ONCE = 131_072
"""Bytes that are compressed between two answers without anybody noticing."""
_LEVEL = 1
_GZIP_WBITS = 31


class Encoding(StrEnum):
    """How an answer is made smaller."""

    ZSTD = "zstd"
    GZIP = "gzip"


class Encoder(Protocol):
    """Compresses an answer piece by piece."""

    def add(self, piece: bytes) -> bytes:
        """Take a piece in and return what is ready."""

    def flush(self) -> bytes:
        """Return what makes all that was taken in so far readable."""

    def finish(self) -> bytes:
        """Return the end."""


class _Zstd:
    def __init__(self) -> None:
        self._compressor = zstd.ZstdCompressor(_LEVEL)

    def add(self, piece: bytes) -> bytes:
        return self._compressor.compress(piece)

    def flush(self) -> bytes:
        return self._compressor.flush(zstd.ZstdCompressor.FLUSH_BLOCK)

    def finish(self) -> bytes:
        return self._compressor.flush(zstd.ZstdCompressor.FLUSH_FRAME)


class _Gzip:
    def __init__(self) -> None:
        self._compressor = isal_zlib.compressobj(_LEVEL, wbits=_GZIP_WBITS)

    def add(self, piece: bytes) -> bytes:
        return self._compressor.compress(piece)

    def flush(self) -> bytes:
        return self._compressor.flush(isal_zlib.Z_SYNC_FLUSH)

    def finish(self) -> bytes:
        return self._compressor.flush()


class _Plain:
    def add(self, piece: bytes) -> bytes:
        return piece

    def flush(self) -> bytes:
        return b""

    def finish(self) -> bytes:
        return b""


_ENCODERS: dict[Encoding | None, type[Encoder]] = {None: _Plain, Encoding.ZSTD: _Zstd, Encoding.GZIP: _Gzip}


def encoder(encoding: Encoding | None) -> Encoder:
    """Return what compresses one answer; with no encoding, what leaves it as it is."""
    return _ENCODERS[encoding]()


def compressed(content: bytes, encoding: Encoding) -> bytes:
    """Return a whole answer compressed."""
    if encoding == Encoding.ZSTD:
        return zstd.compress(content, _LEVEL)
    return isal_zlib.compress(content, _LEVEL, _GZIP_WBITS)


def encoding_for(scope: Scope) -> Encoding | None:
    """Return the best of what the caller says it takes (RFC 9110, 12.5.3), none when it names neither."""
    return _best(",".join(Headers(scope=scope).getlist("accept-encoding")))


@lru_cache(maxsize=64)
def _best(accepted: str) -> Encoding | None:
    weights = dict(map(_weighed, accepted.split(",")))
    best = max(Encoding, key=lambda each: weights.get(each, 0.0))
    return best if weights.get(best) else None


def _weighed(part: str) -> tuple[str, float]:
    name, _, weight = part.partition(";")
    try:
        return name.strip().lower(), float(weight.strip().removeprefix("q=") or 1)
    except ValueError:
        return name.strip().lower(), 0.0


def headers_for(encoding: Encoding | None) -> dict[str, str]:
    """Return the headers that say how an answer was compressed, and that another caller's may not be."""
    told = {"Vary": "Accept-Encoding"}
    return told | {"Content-Encoding": encoding.value} if encoding else told


class JsonText(Response):
    """JSON text as it is, compressed as it leaves when that is worth it: no transaction waits for that."""

    media_type = "application/json"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer; a large one is compressed beside the event loop."""
        encoding = encoding_for(scope) if len(self.body) >= SMALLEST else None
        if encoding:
            content, is_large = bytes(self.body), len(self.body) > _AT_ONCE
            self.body = (
                await to_thread(compressed, content, encoding) if is_large else compressed(content, encoding)
            )
            self.headers["Content-Length"] = str(len(self.body))
        self.headers.update(headers_for(encoding))
        await super().__call__(scope, receive, send)
