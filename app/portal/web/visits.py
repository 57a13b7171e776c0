"""A visit: one request at the address of a gallery, by whom, and what is answered to who may not come in."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cached_property
from http import HTTPStatus
from typing import Any, cast

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.core import card_numbers
from app.core.db import Database
from app.core.errors import AppError
from app.core.keys import KeyRing
from app.core.principal import Principal
from app.galleries.files import Place, Size
from app.galleries.kinds import MediaType
from app.galleries.links import link
from app.http import forms
from app.http.errors import InternalError
from app.http.failures import translate
from app.http.forms import Fields, Unreadable
from app.http.limits import Limit, RateLimits
from app.http.networks import address_of, counted_as
from app.portal import store
from app.portal.links import hash_of
from app.portal.picture_store import Shown
from app.portal.store import OpenGallery
from app.portal.telling import Post
from app.portal.web import cookies, pages, words
from app.portal.web.pages import Wrong

MISSES = Limit("no gallery", 30)
"""How often somebody asks for galleries that are none, by their network."""
WRITES = Limit("portal writes", 120)
"""How often a client sends a form: each takes the account's turn. Counted by client, not by sign-in."""
READS = Limit("portal reads", 600)
"""How often a page is asked for by one sign-in."""
NO_FORM = Fields({})
_PURPOSE = "portal forms"
_NOT_TYPED = {
    forms.TOKEN,
    *("image", "in", "line", "made_from", "product", "shown"),
    *("password", "current_password", "new_password"),
}
"""What is kept by its hash alone, and what our own pages have made: it is not looked at for card numbers."""


class NoGallery(Exception):
    """There is no gallery at an address, or it is not open."""


class CardNumber(Exception):
    """A form holds the number of a card; `others` are the fields that hold none."""

    def __init__(self, others: Fields) -> None:
        super().__init__()
        self.others = others


class SignedOut(Exception):
    """Whoever asks has not signed in to this gallery, or no longer."""


class Entry(Enum):
    """Who may open a page."""

    ANYBODY = "anybody"
    LIMITED = "limited"
    """Also who came in by a default password."""
    FULL = "full"


@dataclass(frozen=True)
class Visit:
    """What a page is made of: the gallery, and by whom it is visited, if they have signed in."""

    api: FastAPI
    request: Request
    gallery: OpenGallery
    token_hash: bytes | None
    is_limited: bool
    form: Fields = field(default_factory=lambda: NO_FORM)

    @property
    def database(self) -> Database:
        """Return the connections of this process."""
        return cast("Database", self.api.state.database)

    @property
    def keys(self) -> KeyRing:
        """Return the keys of this installation."""
        return cast("KeyRing", self.api.state.keys)

    @property
    def post(self) -> Post:
        """Return how letters to clients leave."""
        return Post(self.api.state.vault, self.api.state.public_url)

    @property
    def limits(self) -> RateLimits:
        """Return the limits of this process."""
        return cast("RateLimits", self.api.state.limits)

    @property
    def network(self) -> str:
        """Return what the caller is counted under."""
        return counted_as(address_of(self.request.scope))

    @cached_property
    def who(self) -> Principal:
        """Return whom records and the trail name: the house, on behalf of a client."""
        gallery = self.gallery
        return replace(
            Principal.system(gallery.account_id, gallery.account_name, gallery.time_zone), initials="WEB"
        )

    @property
    def form_token(self) -> str:
        """Return what forms of this sign-in bring along."""
        return forms.token(self.keys, _PURPOSE, self.token_hash.hex()) if self.token_hash else ""

    def link(self, picture: Shown, size: Size) -> str:
        """Return where a picture is found."""
        gallery = self.gallery
        place = Place(gallery.account_id, gallery.session_id, picture.id)
        media_type, as_of = MediaType(picture.media_type), picture.rendered_as_of
        return link(self.keys, place, size, media_type, picture.name, rendered_as_of=as_of)

    def page(
        self, template: str, wrong: Wrong | None = None, *, status: int = HTTPStatus.OK, **told: Any
    ) -> Response:
        """Return a page; when a form on it was not taken, with why."""
        return pages.render(
            template,
            wrong.status if wrong else status,
            visit=self,
            gallery=self.gallery,
            here=f"{pages.BASE}/{self.gallery.address}",
            form_token=self.form_token,
            said=words.said(self.request.query_params.get("said", "")),
            wrong=wrong,
            **told,
        )

    def to(self, path: str = "", said: str | None = None) -> Response:
        """Send the browser to another page of the gallery."""
        return pages.to(self.gallery.address, path, said)


Show = Callable[[Visit], Awaitable[Response]]
Endpoint = Callable[[Request], Awaitable[Response]]


def guarded(api: FastAPI, show: Show, entry: Entry = Entry.FULL, again: Show | None = None) -> Endpoint:
    """Return an endpoint at a gallery, for those who may open it.

    `again` shows a form with what was typed into it, but the number of a card, which was typed there too.
    """

    async def endpoint(request: Request) -> Response:
        return await _answered(api, request, show, entry, again)

    return answered(endpoint)


def answered(endpoint: Endpoint) -> Endpoint:
    """Return an endpoint whose errors are told as those of the API are."""

    async def translating(request: Request) -> Response:
        try:
            return await endpoint(request)
        except (AppError, HTTPException):
            raise
        except Exception as error:
            refusal = translate(error)
            if isinstance(refusal, InternalError):
                raise
            raise refusal from error

    return translating


async def _answered(api: FastAPI, request: Request, show: Show, entry: Entry, again: Show | None) -> Response:
    visit = await _arrived(api, request)
    if entry is not Entry.ANYBODY and visit.token_hash is None:
        return _asked_to_sign_in(visit)
    if visit.token_hash is not None and request.method == "POST":
        visit.limits.count(WRITES, f"{visit.gallery.gallery_id} {visit.gallery.client_id}")
    elif visit.token_hash is not None:
        visit.limits.count(READS, visit.token_hash.hex())
    if request.method == "POST":
        try:
            visit = replace(visit, form=await _form(visit, entry))
        except CardNumber as held:
            if again is None:
                raise
            visit, show = replace(visit, form=held.others), again
    if entry is Entry.FULL and visit.is_limited:
        return visit.page("limited.html", Wrong(words.NOT_YOURS, HTTPStatus.FORBIDDEN))
    try:
        return await show(visit)
    except SignedOut:
        return _asked_to_sign_in(visit)


async def _arrived(api: FastAPI, request: Request) -> Visit:
    """Return a visit of the gallery at an address; who asks for many that are none is held up."""
    address = request.path_params["address"]
    network, limits = counted_as(address_of(request.scope)), cast("RateLimits", api.state.limits)
    limits.require_room(MISSES, network)
    database = cast("Database", api.state.database)
    async with database.directory() as connection:
        place = await store.place_of(connection, hash_of(address))
    if place is not None:
        account_id, gallery_id = place
        token_hash = cookies.brought(request, address)
        async with database.reading(account_id) as session:
            gallery = await store.open_gallery(session, gallery_id)
            row = await store.sign_in(session, token_hash) if token_hash else None
        if gallery is not None:
            is_theirs = row is not None and (row["gallery_id"], row["client_id"]) == (
                gallery_id,
                gallery.client_id,
            )
            return Visit(
                api,
                request,
                gallery,
                token_hash if is_theirs else None,
                is_limited=bool(is_theirs and row and row["is_limited"]),
            )
    limits.count(MISSES, network)
    raise NoGallery


async def _form(visit: Visit, entry: Entry) -> Fields:
    """Return the form that is sent; one for who has signed in must have been made for them."""
    forms.require_own(visit.request)
    fields = await forms.read(visit.request)
    if visit.token_hash is not None and entry is not Entry.ANYBODY:
        forms.require_token(fields, visit.keys, _PURPOSE, visit.token_hash.hex())
    for name in fields:
        if "\0" in name or any("\0" in each for each in fields.all(name)):
            raise Unreadable(HTTPStatus.UNPROCESSABLE_ENTITY)
    good = {name: fields.all(name) for name in fields if not _has_card(name, fields)}
    if len(good) < len(fields):
        raise CardNumber(Fields(good))
    return fields


def _has_card(name: str, fields: Fields) -> bool:
    return name not in _NOT_TYPED and any(card_numbers.is_in(each) for each in fields.all(name))


def _asked_to_sign_in(visit: Visit) -> Response:
    has_ended = cookies.brought(visit.request, visit.gallery.address) is not None
    response = visit.to("/sign-in", said="ended" if has_ended else None)
    if has_ended:
        cookies.forget(response, visit.request, visit.gallery.address)
    return response
