"""What a route of the desk depends on: the collection it is about, and who may write to it."""

from collections.abc import Iterator
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Path, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from app.accounts.guards import Caller
from app.desk.reading import links_in
from app.http.errors import InvalidRequest, NotFound
from app.http.failures import MOST_FIELDS, place
from app.http.schemas import Sent
from app.sync import registry
from app.sync.commands import Command, find
from app.sync.registry import Collection


async def _collection(
    collection: Annotated[str, Path(description="The name of a collection.", examples=["clients"])],
) -> Collection:
    found = registry.named(collection)
    if found is None:
        raise NotFound
    return found


CollectionOf = Annotated[Collection, Depends(_collection)]
RecordId = Annotated[
    UUID, Path(description="The record's id.", examples=["8a2f4f0e-4b7e-4f43-9d0f-0c7b7f5b2a11"])
]


async def _command(
    collection: CollectionOf,
    command: Annotated[str, Path(description="The name of a command.", examples=["merge"])],
) -> Command:
    found = find(collection.name, command)
    if found is None:
        raise NotFound
    return found


CommandOf = Annotated[Command, Depends(_command)]


async def _links(request: Request, collection: CollectionOf, claims: Caller) -> dict[str, UUID]:
    del claims
    return links_in(collection, request.query_params.multi_items())


LinksOf = Annotated[dict[str, UUID], Depends(_links)]


async def _known_query(request: Request, claims: Caller) -> None:
    """Refuse a parameter that is not known: a misspelt filter would let everything through."""
    del claims
    known = _parameters(request.scope["route"]) if request.query_params else frozenset()
    wrong = [name for name in request.query_params if name not in known]
    if wrong:
        fields = [{"path": place("query", name), "code": "extra_forbidden"} for name in wrong[:MOST_FIELDS]]
        raise InvalidRequest(fields=fields)


def _parameters(route: APIRoute) -> frozenset[str]:
    """Return the names of all that a route takes behind the question mark."""

    def names(needed: Dependant) -> Iterator[str]:
        yield from (each.alias for each in needed.query_params)
        for each in needed.dependencies:
            yield from names(each)

    return frozenset(names(route.dependant))


KNOWN_QUERY = Depends(_known_query)
"""What a router depends on whose routes refuse parameters they do not know."""


async def _sent(body: Sent[dict[str, Any]]) -> dict[str, Any]:
    """Read what was sent before its turn comes: what is refused for its form holds nobody up."""
    return body


SentFields = Annotated[dict[str, Any], Depends(_sent)]


async def _called_with(body: Sent[dict[str, Any]] | None = None) -> dict[str, Any]:
    """Read what a command takes; of one that takes nothing no body need be sent."""
    return body or {}


Arguments = Annotated[dict[str, Any], Depends(_called_with)]
