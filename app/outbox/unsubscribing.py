"""Unsubscribing: a link of each recipient's own, by which they say that they want no more letters.

The link tells by itself whose letters to whom it is about, under a seal: nothing is kept of it, and nothing
is looked up to refuse one that was made up. It does not end, for letters are kept for years.
"""

import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as BadBase64
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from uuid import UUID

from app.core import clock
from app.core.db import WriteSession
from app.core.keys import KeyRing
from app.outbox import store
from app.outbox.blocks import key_of
from app.outbox.posting import Content
from app.outbox.states import Block, Channel

BASE = "/unsubscribe"
ONE_CLICK = "List-Unsubscribe=One-Click"
"""What a mail program sends to the link by itself (RFC 8058)."""
_YOURS = "~yours"
"""Stands in a letter for what is another for each recipient; no token has this character in it."""
_BLANK = re.compile(rf"https?://[A-Za-z0-9.:\[\]-]++{BASE}/{_YOURS}")
_LINKED = re.compile(rf'<a\s[^>]*href="{_BLANK.pattern}"[^>]*>.*?</a>', re.DOTALL)
_MAC = 16
_ID = 16
_MOST = 2_000
_SECURE = "https://"


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who wants no more letters of whom."""

    account_id: UUID
    address: str


@dataclass(frozen=True, slots=True)
class Links:
    """Makes links that begin with `origin`, and knows its own again."""

    key: bytes = field(repr=False)
    origin: str

    @classmethod
    def of(cls, keys: KeyRing, origin: str | None) -> "Links | None":
        """Return what makes links, where it is known what they begin with."""
        return cls(key_from(keys), origin) if origin else None

    def link(self, account_id: UUID, address: str) -> str:
        """Return the link of a recipient."""
        return f"{self.origin}{BASE}/{token(self.key, Recipient(account_id, key_of(address)))}"

    def filled(self, content: Content, account_id: UUID, address: str) -> Content:
        """Return what a letter says, with the link of its recipient where one stands in it."""
        blank, link = yours(self.origin), self.link(account_id, address)
        html = content.html.replace(blank, link) if content.html else content.html
        return replace(content, text=content.text.replace(blank, link), html=html)


def key_from(keys: KeyRing) -> bytes:
    """Return what links are sealed by."""
    return keys.derived("unsubscribe")


def yours(origin: str) -> str:
    """Return what a letter says in the place of each recipient's own link, until it is sent."""
    return f"{origin}{BASE}/{_YOURS}"


def without(said: str) -> str:
    """Return what a letter says without the place of a link, as on paper, where there is none to follow.

    In HTML that was cleaned the words of the link go with it.
    """
    return _BLANK.sub("", _LINKED.sub("", said))


def headers(link: str) -> Mapping[str, str]:
    """Return the headers by which mail programs offer to unsubscribe, with one click where it is secure."""
    found = {"List-Unsubscribe": f"<{link}>"}
    return {**found, "List-Unsubscribe-Post": ONE_CLICK} if link.startswith(_SECURE) else found


def token(key: bytes, recipient: Recipient) -> str:
    """Return what a link ends in."""
    account, address = recipient.account_id.bytes, recipient.address.encode()
    return urlsafe_b64encode(account + _mac(key, account, address) + address).rstrip(b"=").decode()


def read(key: bytes, written: str) -> Recipient | None:
    """Return whom a token is about; none if we have not made it, just so."""
    if len(written) > _MOST or not written.isascii():
        return None
    try:
        whole = urlsafe_b64decode(written + "=" * (-len(written) % 4))
        account, mac, address = whole[:_ID], whole[_ID : _ID + _MAC], whole[_ID + _MAC :]
        if not hmac.compare_digest(mac, _mac(key, account, address)):
            return None
        found = Recipient(UUID(bytes=account), address.decode())
    except (BadBase64, ValueError):
        return None
    # Base64 has several spellings of some bytes, and is read past what is none.
    return found if hmac.compare_digest(token(key, found), written) else None


async def unsubscribe(session: WriteSession, recipient: Recipient) -> None:
    """Have no more letters go to somebody; who is blocked already stays so, for the reason there was."""
    key, reason = key_of(recipient.address), Block.UNSUBSCRIBED.value
    await store.block(session, Channel.EMAIL, key, reason=reason, at=clock.now())


def _mac(key: bytes, account: bytes, address: bytes) -> bytes:
    return hmac.digest(key, account + address, "sha256")[:_MAC]
