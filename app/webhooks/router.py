"""`/v1/webhooks`: addresses that are told of events, what became of each post, and telling it once more."""

from collections.abc import AsyncIterator, Callable
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
from app.core.principal import Level
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
    WebhookTargetRefused,
)
from app.webhooks.keeping import Wanted
from app.webhooks.kinds import TEST, kinds
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

TARGETS = Limit("webhook targets", 30)
"""Addresses of webhooks that are set by one sign-in or key in a minute: their names are looked up."""
HookId = Annotated[UUID, Path(description="A webhook.", examples=["7a0e2f9c-51d4-4f6e-8b3c-1e2d3f4a5b6c"])]
EventId = Annotated[UUID, Path(description="An event.", examples=["019a6f5e-3b00-7000-8000-9d2c1b0a7e55"])]
Viewing = Annotated[Work[Session], reading_of(WEBHOOKS, Level.VIEW_ONLY)]
Modifying = Annotated[Work[WriteSession], writing_of(WEBHOOKS, Level.ADD_MODIFY)]
Deleting = Annotated[Work[WriteSession], writing_of(WEBHOOKS, Level.ADD_MODIFY_DELETE)]
_OF_A_HOOK: tuple[type[AppError], ...] = (WebhookNotFound, PermissionDenied, *GUARDED)
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


async def _turns(request: Request, claims: Caller, keys: KeysOf, database: DatabaseOf) -> Opens:
    """Return what opens a transaction of the caller's, once it is known that they may: none is open before.

    While a name is looked up nobody is to wait for the account's turn.
    """
    request.app.state.limits.count(TARGETS, str(claims.sign_in_id))
    async with database.reading(claims.account_id) as session:
        require((await admit(session, keys, claims)).who, WEBHOOKS, Level.ADD_MODIFY)

    @asynccontextmanager
    async def opened() -> AsyncIterator[Work[WriteSession]]:
        async with database.writing(claims.account_id) as session:
            work = await admit(session, keys, claims)
            require(work.who, WEBHOOKS, Level.ADD_MODIFY)
            yield work

    return opened


Turns = Annotated[Opens, Depends(_turns)]


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
    return WebhookList(
        webhooks=[WebhookAnswer(**told(each, waiting.get(each.endpoint_id, 0))) for each in found]
    )


@router.post(
    "/webhooks",
    operation_id="webhooks_create",
    summary="Create a webhook",
    status_code=201,
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
    body: Sent[WebhookRequest], turns: Turns, vault: VaultOf, hosts: HostsOf
) -> WebhookSecretAnswer:
    """Have events posted to an address from now on. What signs them is told in this answer alone.

    A webhook belongs to an API key: it hears what the key may see, its links open with the key, and it ends
    with it.
    """
    await require_open(body.url, hosts)
    async with turns() as work:
        wanted = Wanted(body.url, body.types, body.description, body.key_id)
        hook, secret = await keeping.make(work.session, vault, work.who, wanted)
        return WebhookSecretAnswer(**told(hook, 0), secret=secret)


@router.get(
    "/webhooks/{webhook_id}",
    operation_id="webhooks_read",
    summary="Read a webhook",
    responses=TAGGED | refusals_of(*_OF_A_HOOK),
)
async def read(webhook_id: HookId, work: Viewing, response: Response) -> WebhookAnswer:
    """Read where events are posted, which, and how that goes; the secret is never told again."""
    return await _answer(work, await keeping.read(work.session, work.who, webhook_id), response)


@router.patch(
    "/webhooks/{webhook_id}",
    operation_id="webhooks_change",
    summary="Change a webhook",
    responses=TAGGED
    | refusals_of(
        WebhookTargetRefused, UnknownEventType, VersionChanged, PreconditionRequired, *_OF_A_HOOK, *BODY
    ),
)
async def change(
    *,
    webhook_id: HookId,
    body: Sent[WebhookChange],
    turns: Turns,
    hosts: HostsOf,
    expected: ExpectedVersion,
    response: Response,
) -> WebhookAnswer:
    """Change the version that `If-Match` names: events that wait go to the new address too."""
    async with turns() as work:
        await keeping.read(work.session, work.who, webhook_id)
    if body.url is not None:
        await require_open(body.url, hosts)
    given = {name: value for name, value in dict(body).items() if value is not None}
    async with turns() as work:
        hook = await keeping.read(work.session, work.who, webhook_id)
        await keeping.change(work.session, work.who, hook, given, expected)
        return await _answer(work, hook, response)


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
    responses=TAGGED | refusals_of(*_OF_A_HOOK, *BODY),
)
async def rotate(
    webhook_id: HookId, body: Sent[RotateRequest], *, work: Modifying, vault: VaultOf, response: Response
) -> WebhookSecretAnswer:
    """Give a webhook another secret; for a while posts are signed by both, so that nothing is missed."""
    hook = await keeping.read(work.session, work.who, webhook_id)
    secret = await keeping.rotate(work.session, vault, work.who, hook, body.overlap_hours)
    return WebhookSecretAnswer(**dict(await _answer(work, hook, response)), secret=secret)


@router.post(
    "/webhooks/{webhook_id}/test",
    operation_id="webhooks_test",
    summary="Try a webhook",
    responses=refusals_of(*_OF_A_HOOK),
)
async def test(webhook_id: HookId, work: Modifying) -> DeliveryAnswer:
    """Have `webhook.test` posted to a webhook; read the delivery to see what became of it."""
    hook = await keeping.read(work.session, work.who, webhook_id)
    event_id = await keeping.test(work.session, hook)
    return DeliveryAnswer(**told_of(await _delivery(work.session, hook, event_id), is_seen=True))


@router.post(
    "/webhooks/{webhook_id}/activate",
    operation_id="webhooks_activate",
    summary="Activate a webhook",
    responses=TAGGED | refusals_of(ApiKeyEnded, *_OF_A_HOOK),
)
async def activate(webhook_id: HookId, work: Modifying, response: Response) -> WebhookAnswer:
    """Have a webhook that was paused told again what waits for it, and what happens from now on.

    What happened while none was active was written down for nobody: the feed has it.
    """
    hook = await keeping.read(work.session, work.who, webhook_id)
    await keeping.activate(work.session, work.who, hook)
    return await _answer(work, hook, response)


@router.post(
    "/webhooks/{webhook_id}/deactivate",
    operation_id="webhooks_deactivate",
    summary="Pause a webhook",
    responses=TAGGED | refusals_of(*_OF_A_HOOK),
)
async def deactivate(webhook_id: HookId, work: Modifying, response: Response) -> WebhookAnswer:
    """Tell a webhook nothing until it is activated again; what waits for it waits on."""
    hook = await keeping.read(work.session, work.who, webhook_id)
    await keeping.deactivate(work.session, work.who, hook)
    return await _answer(work, hook, response)


@router.post(
    "/webhooks/{webhook_id}/replay",
    operation_id="webhooks_replay",
    summary="Replay events to a webhook",
    responses=refusals_of(ReplayTooOld, *_OF_A_HOOK, *BODY),
)
async def replay(webhook_id: HookId, body: Sent[ReplayRequest], work: Modifying) -> ReplayAnswer:
    """Have all events since a revision posted once more that the webhook asks for, under the ids they had.

    Those it has taken already too: who receives them knows them by their `webhook-id`.
    """
    hook = await keeping.read(work.session, work.who, webhook_id)
    return ReplayAnswer(waiting=await keeping.replay(work.session, hook, body.from_revision))


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
    responses=refusals_of(DeliveryUnderWay, *_OF_A_DELIVERY),
)
async def resend(
    request: Request, webhook_id: HookId, event_id: EventId, work: Modifying
) -> WholeDeliveryAnswer:
    """Have one event posted once more under its id, whatever became of it before."""
    hook = await keeping.read(work.session, work.who, webhook_id)
    await keeping.resend(work.session, hook, event_id)
    return await _whole(work.session, hook, event_id, request.app.state.public_url)


async def _answer(work: Work[Any], hook: Webhook, response: Response) -> WebhookAnswer:
    response.headers["ETag"] = etag(hook.version)
    waiting = await endpoints.waiting(work.session, [hook.endpoint_id])
    return WebhookAnswer(**told(hook, waiting.get(hook.endpoint_id, 0)))


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
