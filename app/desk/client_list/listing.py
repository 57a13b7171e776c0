"""Listing clients: who may, what was typed, from where on, and how many stand under each letter."""

from base64 import b64decode, urlsafe_b64encode
from collections.abc import Sequence
from hashlib import sha256
from string import ascii_lowercase
from uuid import UUID

import orjson

from app.accounts.errors import PermissionDenied
from app.accounts.standing import Work
from app.core.db import Session
from app.core.ids import NIL
from app.core.principal import Level
from app.desk.client_list import store
from app.desk.client_list.schemas import (
    MOST_WORDS,
    OTHERS,
    ClientIndexAnswer,
    ClientListAnswer,
    ClientListQuery,
    LetterAnswer,
    ListedClient,
)
from app.desk.client_list.store import FIRST, Place
from app.desk.errors import PageMalformed
from app.http.errors import InvalidRequest
from app.studio.client_list import words
from app.sync import registry
from app.sync.target import rights_of

_TAG = 8
_SIGNS = {**{each: each.upper() for each in ascii_lowercase}, words.OTHERS: OTHERS}
"""What a place begins with, in the order of the list, and the letter that is."""
_OF_ROW = tuple(name for name in ListedClient.model_fields if name != "letter")
_BEGINS = {letter: sign for sign, letter in _SIGNS.items()}


async def read_list(work: Work[Session], asked: ClientListQuery) -> ClientListAnswer:
    """Answer with some clients who have all words, in order."""
    await _require_clients(work)
    beginnings = _beginnings(asked.search)
    tag = _tag(work, asked, beginnings)
    terms = await store.terms_of(work.session, beginnings)
    after = _begin(asked.letter) if asked.page is None else _opened(asked.page, tag)
    rows = await store.page(work.session, terms, after, asked.limit + 1)
    shown = rows[: asked.limit]
    found = [
        ListedClient(letter=_SIGNS[row["place"][0]], **{name: row[name] for name in _OF_ROW})
        for row in shown
        if row["id"] is not None
    ]
    end = (shown[-1]["place"], shown[-1]["client_id"]) if len(rows) > len(shown) else None
    return ClientListAnswer(clients=found, next_page=_closed(end, tag) if end else None)


async def read_index(work: Work[Session], search: str) -> ClientIndexAnswer:
    """Answer with how many clients who have all words stand under each letter."""
    await _require_clients(work)
    found = await store.letters(work.session, await store.terms_of(work.session, _beginnings(search)))
    counts = [LetterAnswer(letter=letter, count=found.get(sign, 0)) for sign, letter in _SIGNS.items()]
    return ClientIndexAnswer(letters=counts, total=sum(each.count for each in counts))


async def _require_clients(work: Work[Session]) -> None:
    """Refuse whom clients are not shown; those who may view them may view all, as none are private."""
    clients = registry.numbered(registry.number_of("clients"))
    if clients.number not in await rights_of(work.session, work.who, work.clock):
        raise PermissionDenied(feature=clients.feature, level=Level.VIEW_ONLY)


def _beginnings(search: str) -> tuple[str, ...]:
    found = words.sought(search)
    if len(found) > MOST_WORDS:
        raise InvalidRequest(fields=[{"path": "query.search", "code": "too_many_words"}])
    return found


def _begin(letter: str | None) -> Place:
    return (_BEGINS[letter.upper()], NIL) if letter else FIRST


def _tag(work: Work[Session], asked: ClientListQuery, beginnings: Sequence[str]) -> str:
    """Return a short text by which a list is known again."""
    letter = asked.letter.upper() if asked.letter else None
    return sha256(orjson.dumps([work.who.account_id, letter, *beginnings])).hexdigest()[:_TAG]


def _closed(place: Place, tag: str) -> str:
    told = orjson.dumps([tag, place[0], str(place[1])])
    return urlsafe_b64encode(told).decode().rstrip("=")


def _opened(page: str, tag: str) -> Place:
    try:
        told, place, client_id = orjson.loads(b64decode(page + "=" * (-len(page) % 4), b"-_", validate=True))
        if told != tag or type(place) is not str or "\0" in place:
            raise PageMalformed
        return place, UUID(client_id)
    except (ValueError, TypeError, AttributeError):
        raise PageMalformed from None
