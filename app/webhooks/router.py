"""`/v1/webhooks`: addresses that are told of events, what became of each post, and telling it once more."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from app.accounts.errors import ApiKeyEnded, ApiKeyNotFound, PermissionDenied, VersionChanged
from app.accounts.features import require
from app.accounts.guards import GUARDED, Caller, KeysOf, reading_of, writing_of
from app.accounts.standing import Work, admit
from app.core.db import Session, WriteSession
from app.core.errors import AppError
from app.core.ids import NIL
from app.core.principal import Level, Principal
from app.core.vault import Vault
from app.http.body import JsonRoute
from app.http.errors import PreconditionRequired
from app.http.etags import TAGGED, ExpectedVersion, etag
from app.http.limits import Limit
from app.http.problems import BODY, refusals_of
from app.http.schemas import Sent
from app.http.unit_of_work import DatabaseOf
from app.outbox.hosts import Hosts
from app.webhooks import endpoints, keeping
from app.webhooks.bodies import body_of
from app.webhooks.endpoints import Sought
from app.webhooks.errors import (
    DeliveryNotFound,
    DeliveryUnderWay,
    ReplayTooOld,
    TooManyWebhooks,
    UnknownEventType,
    WebhookNotFound,
    WebhookOfAnother,
    WebhookTargetRefused,
)
from app.webhooks.keeping import Wanted
from app.webhooks.kinds import TEST, asked_for, kinds
from app.webhooks.models import Webhook
from app.webhooks.rights import WEBHOOKS
from app.webhooks.schemas import (
    AttemptAnswer,
    DeliveryAnswer,
    DeliveryPage,
    ReplayAnswer,
    ReplayRequest,
    RotateRequest,
    WebhookAnswer,
    WebhookChange,
    WebhookList,
    WebhookRequest,
    WebhookSecretAnswer,
    WebhookTypeList,
    WholeDeliveryAnswer,
    told,
    told_of,
    told_of_kind,
)
from app.webhooks.seeing import seen_by_key
from app.webhooks.states import WebhookState, sentence_of
from app.webhooks.targets import require_open

router = APIRouter(prefix="/v1", tags=["webhooks"], route_class=JsonRoute)

REPLAYS = Limit("webhook replays", 30)
"""Replays that one sign-in or key may ask for in a minute."""
POSTS = Limit("webhook posts", 30)
"""Tests and single events that one sign-in or key may have posted in a minute, wherever that leads."""
TARGETS = Limit("webhook targets", 30)
"""Addresses of webhooks that are set by one sign-in or key in a minute: their names are looked up."""
HookId = Annotated[UUID, Path(description="A webhook.", examples=["7a0e2f9c-51d4-4f6e-8b3c-1e2d3f4a5b6c"])]
EventId = Annotated[UUID, Path(description="An event.", examples=["019a6f5e-3b00-7000-8000-9d2c1b0a7e55"])]
Viewing = Annotated[Work[Session], reading_of(WEBHOOKS, Level.VIEW_ONLY)]
Modifying = Annotated[Work[WriteSession], writing_of(WEBHOOKS, Level.ADD_MODIFY)]
Deleting = Annotated[Work[WriteSession], writing_of(WEBHOOKS, Level.ADD_MODIFY_DELETE)]
_OF_A_HOOK: tuple[type[AppError], ...] = (WebhookNotFound, PermissionDenied, *GUARDED)
_OF_AN_OWN_HOOK: tuple[type[AppError], ...] = (WebhookOfAnother, *_OF_A_HOOK)
_OF_A_DELIVERY: tuple[type[AppError], ...] = (DeliveryNotFound, *_OF_A_HOOK)


async def _vault(request: Request) -> Vault:
    found: Vault = request.app.state.vault
    return found


async def _hosts(request: Request) -> Hosts:
    found: Hosts = request.app.state.email_way.hosts
    return found


VaultOf = Annotated[Vault, Depends(_vault)]
HostsOf = Annotated[Hosts, Depends(_hosts)]
Opens = Callable[[], AbstractAsyncContextManager[Work[WriteSession]]]
Looks = Callable[[], AbstractAsyncContextManager[Work[Session]]]


def _within(limit: Limit) -> Any:
    """Refuse who asks too often, before any transaction is open."""

    async def count(request: Request, claims: Caller) -> None:
        request.app.state.limits.count(limit, str(claims.sign_in_id))

    return Depends(count)


async def _opens(claims: Caller, keys: KeysOf, database: DatabaseOf) -> Opens:
    """Return what opens a transaction of the caller's, when that is wanted."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[Work[WriteSession]]:
        async with database.writing(claims.account_id) as session:
            work = await admit(session, keys, claims)
            require(work.who, WEBHOOKS, Level.ADD_MODIFY)
            yield work

    return opened


async def _looks(claims: Caller, keys: KeysOf, database: DatabaseOf) -> Looks:
    """Return what opens a snapshot for whoever may change webhooks: meanwhile nobody waits for the turn."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[Work[Session]]:
        async with database.reading(claims.account_id) as session:
            work = await admit(session, keys, claims)
            require(work.who, WEBHOOKS, Level.ADD_MODIFY)
            yield work

    return opened


Turns = Annotated[Opens, Depends(_opens)]
Glances = Annotated[Looks, Depends(_looks)]


@router.get(
    "/webhook-types",
    operation_id="webhooks_list_types",
    summary="List kinds of events",
    responses=refusals_of(PermissionDenied, *GUARDED),
)
async def list_types(_work: Viewing) -> WebhookTypeList:
    """List every kind of event there is; a webhook asks for some, for all of a subject, or for all."""
    return WebhookTypeList(types=[told_of_kind(each) for each in kinds().values() if each.name != TEST])


@router.get(
    "/webhooks",
    operation_id="webhooks_list",
    summary="List webhooks",
    responses=refusals_of(PermissionDenied, *GUARDED),
)
async def list_webhooks(work: Viewing) -> WebhookList:
    """List a key's own webhooks, those of all own keys to a person, or all to who has full access."""
    found = await keeping.listed(work.session, work.who)
    waiting = await endpoints.waiting(work.session, [each.endpoint_id for each in found])
    owners = await endpoints.owners(work.session, {each.key_id for each in found})
    shown = [told(each, owners[each.key_id], waiting.get(each.endpoint_id, 0)) for each in found]
    return WebhookList(webhooks=[WebhookAnswer(**each) for each in shown])


@router.post(
    "/webhooks",
    operation_id="webhooks_create",
    summary="Create a webhook",
    status_code=201,
    dependencies=[_within(TARGETS)],
    responses=refusals_of(
        WebhookTargetRefused,
        UnknownEventType,
        TooManyWebhooks,
        ApiKeyNotFound,
        ApiKeyEnded,
        PermissionDenied,
        *GUARDED,
        *BODY,
    ),
)
async def create(
    body: Sent[WebhookRequest], looks: Glances, turns: Turns, *, vault: VaultOf, hosts: HostsOf
) -> WebhookSecretAnswer:
    """Have events posted to an address from now on. What signs them is told in this answer alone.

    A webhook belongs to an API key: it hears what the key may see, its links open with the key, and it ends
    with it.
    """
    async with looks():
        # Who may make none has no name looked up.
        pass
    await require_open(body.url, hosts)
    async with turns() as work:
        wanted = Wanted(body.url, body.types, body.description, body.key_id)
        hook, secret = await keeping.make(work.session, vault, work.who, wanted)
        return WebhookSecretAnswer(**told(hook, work.who.user_id or NIL, 0), secret=secret)


@router.get(
    "/webhooks/{webhook_id}",
    operation_id="webhooks_read",
    summary="Read a webhook",
    responses=TAGGED | refusals_of(*_OF_A_HOOK),
)
async def read(webhook_id: HookId, work: Viewing, response: Response) -> WebhookAnswer:
    """Read where events are posted, which, and how that goes; the secret is never told again."""
    hook = await keeping.read(work.session, work.who, webhook_id)
    return await _answer(work, hook, response, await endpoints.waiting_for(work.session, webhook_id))


@router.patch(
    "/webhooks/{webhook_id}",
    operation_id="webhooks_change",
    summary="Change a webhook",
    dependencies=[_within(TARGETS)],
    responses=TAGGED
    | refusals_of(
        WebhookTargetRefused, UnknownEventType, VersionChanged, PreconditionRequired, *_OF_AN_OWN_HOOK, *BODY
    ),
)
async def change(
    *,
    webhook_id: HookId,
    body: Sent[WebhookChange],
    looks: Glances,
    turns: Turns,
    hosts: HostsOf,
    expected: ExpectedVersion,
    response: Response,
) -> WebhookAnswer:
    """Change the version that `If-Match` names: events that wait go to the new address too."""
    waiting = await _waiting(looks, webhook_id, keeping.own)
    if body.url is not None:
        await require_open(body.url, hosts)
    given = {name: value for name, value in dict(body).items() if value is not None}
    async with turns() as turn:
        hook = await keeping.own(turn.session, turn.who, webhook_id)
        await keeping.change(turn.session, turn.who, hook, given, expected)
        return await _answer(turn, hook, response, waiting)


@router.delete(
    "/webhooks/{webhook_id}",
    operation_id="webhooks_remove",
    summary="Delete a webhook",
    status_code=204,
    responses=refusals_of(*_OF_A_HOOK),
)
async def remove(webhook_id: HookId, work: Deleting) -> None:
    """Delete a webhook with its log; nothing more is posted to it."""
    await keeping.remove(work.session, work.who, await keeping.read(work.session, work.who, webhook_id))


@router.post(
    "/webhooks/{webhook_id}/rotate",
    operation_id="webhooks_rotate",
    summary="Rotate a webhook's secret",
    responses=TAGGED | refusals_of(VersionChanged, *_OF_AN_OWN_HOOK, *BODY),
)
async def rotate(
    *,
    webhook_id: HookId,
    body: Sent[RotateRequest],
    looks: Glances,
    turns: Turns,
    vault: VaultOf,
    expected: ExpectedVersion,
    response: Response,
) -> WebhookSecretAnswer:
    """Give a webhook another secret; for a while posts are signed by both, so that nothing is missed.

    With `If-Match` only the version that was read: asked twice, it is not rotated twice.
    """
    waiting = await _waiting(looks, webhook_id, keeping.own)
    async with turns() as turn:
        hook = await keeping.own(turn.session, turn.who, webhook_id)
        keeping.require_version(hook, expected)
        secret = await keeping.rotate(turn.session, vault, turn.who, hook, body.overlap_hours)
        answer = await _answer(turn, hook, response, waiting)
    return WebhookSecretAnswer(**dict(answer), secret=secret)


@router.post(
    "/webhooks/{webhook_id}/test",
    operation_id="webhooks_test",
    summary="Try a webhook",
    dependencies=[_within(POSTS)],
    responses=refusals_of(*_OF_AN_OWN_HOOK),
)
async def test(webhook_id: HookId, work: Modifying) -> DeliveryAnswer:
    """Have `webhook.test` posted to a webhook; read the delivery to see what became of it."""
    hook = await keeping.own(work.session, work.who, webhook_id)
    event_id = await keeping.test(work.session, hook)
    return DeliveryAnswer(**told_of(await _delivery(work.session, hook, event_id), is_seen=True))


@router.post(
    "/webhooks/{webhook_id}/activate",
    operation_id="webhooks_activate",
    summary="Activate a webhook",
    responses=TAGGED | refusals_of(ApiKeyEnded, *_OF_AN_OWN_HOOK),
)
async def activate(webhook_id: HookId, looks: Glances, turns: Turns, response: Response) -> WebhookAnswer:
    """Have a webhook that was paused told again what waits for it, and what happens from now on.

    What happened while none was active was written down for nobody: the feed has it.
    """
    waiting = await _waiting(looks, webhook_id, keeping.own)
    async with turns() as turn:
        hook = await keeping.own(turn.session, turn.who, webhook_id)
        await keeping.activate(turn.session, turn.who, hook)
        return await _answer(turn, hook, response, waiting)


@router.post(
    "/webhooks/{webhook_id}/deactivate",
    operation_id="webhooks_deactivate",
    summary="Pause a webhook",
    responses=TAGGED | refusals_of(*_OF_A_HOOK),
)
async def deactivate(webhook_id: HookId, looks: Glances, turns: Turns, response: Response) -> WebhookAnswer:
    """Tell a webhook nothing until it is activated again; what waits for it waits on."""
    waiting = await _waiting(looks, webhook_id, keeping.read)
    async with turns() as turn:
        hook = await keeping.read(turn.session, turn.who, webhook_id)
        await keeping.deactivate(turn.session, turn.who, hook)
        return await _answer(turn, hook, response, waiting)


@router.post(
    "/webhooks/{webhook_id}/replay",
    operation_id="webhooks_replay",
    summary="Replay events to a webhook",
    dependencies=[_within(REPLAYS)],
    responses=refusals_of(ReplayTooOld, *_OF_AN_OWN_HOOK, *BODY),
)
async def replay(webhook_id: HookId, body: Sent[ReplayRequest], looks: Glances, turns: Turns) -> ReplayAnswer:
    """Have all events since a revision or an instant posted once more that it asks for, under their old ids.

    Those it has taken already too: who receives them knows them by their `webhook-id`. They are put in line
    one after the other: the log has each when its turn has come.
    """
    # They may be many, and are looked for and counted while nobody waits for the account's turn.
    first = body.from_revision
    if body.since is not None:
        async with looks() as work:
            hook = await keeping.own(work.session, work.who, webhook_id)
            first = await keeping.first_since(work.session, hook, body.since)
    if first is None:
        return ReplayAnswer(waiting=0)
    async with turns() as turn:
        hook = await keeping.own(turn.session, turn.who, webhook_id)
        wanted, last = asked_for(hook.types), await keeping.replay(turn.session, hook, first)
    async with looks() as work:
        return ReplayAnswer(waiting=await endpoints.events(work.session, first, last, wanted))


@router.get(
    "/webhooks/{webhook_id}/deliveries",
    operation_id="webhooks_list_deliveries",
    summary="List deliveries",
    responses=refusals_of(*_OF_A_HOOK),
)
async def list_deliveries(
    webhook_id: HookId,
    work: Viewing,
    *,
    state: Annotated[WebhookState | None, Query(description="Those in a state.", examples=["failed"])] = None,
    type_: Annotated[
        str | None,
        Query(alias="type", max_length=90, description="Those of a kind.", examples=["clients.changed"]),
    ] = None,
    page: Annotated[
        UUID | None, Query(description="The `next_page` of the page before.", examples=[None])
    ] = None,
    limit: Annotated[
        int, Query(ge=1, le=200, description="The most deliveries in the page.", examples=[50])
    ] = 50,
) -> DeliveryPage:
    """List what was, is or could not be told to a webhook in the last 30 days, the newest event first."""
    hook = await keeping.read(work.session, work.who, webhook_id)
    sought = Sought(state, type_, page, limit + 1)
    found = await endpoints.deliveries(work.session, hook.endpoint_id, sought)
    seen = await seen_by_key(work.session, hook.key_id, found[:limit])
    shown = [DeliveryAnswer(**told_of(each, is_seen=each["event_id"] in seen)) for each in found[:limit]]
    return DeliveryPage(deliveries=shown, next_page=shown[-1].event_id if len(found) > limit else None)


@router.get(
    "/webhooks/{webhook_id}/deliveries/{event_id}",
    operation_id="webhooks_read_delivery",
    summary="Read a delivery",
    responses=refusals_of(*_OF_A_DELIVERY),
)
async def read_delivery(
    request: Request, webhook_id: HookId, event_id: EventId, work: Viewing
) -> WholeDeliveryAnswer:
    """Read a delivery with what is posted, and what its receiver has answered."""
    hook = await keeping.read(work.session, work.who, webhook_id)
    return await _whole(work.session, hook, event_id, request.app.state.public_url)


@router.post(
    "/webhooks/{webhook_id}/deliveries/{event_id}/resend",
    operation_id="webhooks_resend",
    summary="Post an event once more",
    dependencies=[_within(POSTS)],
    responses=refusals_of(DeliveryUnderWay, WebhookOfAnother, *_OF_A_DELIVERY),
)
async def resend(
    request: Request, webhook_id: HookId, event_id: EventId, work: Modifying
) -> WholeDeliveryAnswer:
    """Have one event posted once more under its id, whatever became of it before."""
    hook = await keeping.own(work.session, work.who, webhook_id)
    await keeping.resend(work.session, hook, event_id)
    return await _whole(work.session, hook, event_id, request.app.state.public_url)


async def _waiting(
    looks: Looks, endpoint_id: UUID, read: Callable[[Session, Principal, UUID], Awaitable[Webhook]]
) -> int:
    """Return how many events wait for a webhook that may be read; they are counted in nobody's turn."""
    async with looks() as work:
        await read(work.session, work.who, endpoint_id)
        return await endpoints.waiting_for(work.session, endpoint_id)


async def _answer(work: Work[Any], hook: Webhook, response: Response, waiting: int) -> WebhookAnswer:
    response.headers["ETag"] = etag(hook.version)
    owners = await endpoints.owners(work.session, [hook.key_id])
    return WebhookAnswer(**told(hook, owners[hook.key_id], waiting))


async def _delivery(session: Session, hook: Webhook, event_id: UUID) -> Any:
    found = await endpoints.delivery(session, hook.endpoint_id, event_id)
    if found is None:
        raise DeliveryNotFound
    return found


async def _whole(session: Session, hook: Webhook, event_id: UUID, origin: str | None) -> WholeDeliveryAnswer:
    delivery = await _delivery(session, hook, event_id)
    is_seen = bool(await seen_by_key(session, hook.key_id, [delivery]))
    attempts = [AttemptAnswer(**each, message=sentence_of(each["code"])) for each in delivery["attempts"]]
    body = body_of(delivery, origin).decode() if is_seen else None
    return WholeDeliveryAnswer(**told_of(delivery, is_seen=is_seen), body=body, attempts=attempts)
