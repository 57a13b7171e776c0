"""Web orders: what clients have ordered, what became of it, and the data sync that makes invoices of it."""

from typing import Literal
from uuid import UUID

from starlette.responses import Response

from app.console import fields, forms, lookups, pages
from app.console.api import Record, Refused
from app.console.forms import Form, Unfilled, Wrong, filled
from app.console.galleries import amounts, seeking, words
from app.console.galleries.naming import client_name, client_of, columns
from app.console.galleries.opening import company
from app.console.visits import MOST_LETTERS, Visit
from app.core.principal import Level

_PATH = "/v1/web-orders"
_PAGE, _FOUND = 50, 10
_RUNS = 50


class Sought(Form):
    """Which orders are listed."""

    state: Literal["ready", "held", "downloaded", "unpaid", "cancelled"] | None = None
    page: UUID | None = None


class Target(Form):
    """Whom a held order is given to: a client, and a session of theirs if one was chosen."""

    client: UUID | None = None
    session: UUID | None = None


async def show(visit: Visit) -> Response:
    """Show what clients have ordered, the latest first."""
    sought = seeking.sought(visit, Sought)
    asked = sought.model_dump(mode="json", exclude_none=True)
    told = await visit.api.get(_PATH, limit=_PAGE, **asked)
    return visit.page(
        "galleries/orders.html",
        orders=told["web_orders"],
        next_page=told["next_page"],
        sought=sought,
        currency=(await company(visit))["currency"],
        amounts=amounts,
        words=words,
        may_sync=_may_sync(visit),
    )


async def show_one(visit: Visit) -> Response:
    """Show one order."""
    return await _one(visit)


async def download(visit: Visit) -> Response:
    """Make an invoice of one order; of one that is held, for somebody else if that was chosen."""
    try:
        asked = filled(Target, visit.form)
        given = asked.model_dump(mode="json") if asked.client else None
        body = {"given_to": {"client_id": given["client"], "session_id": given["session"]}} if given else {}
        order = await visit.api.post(f"{_path(visit)}/data-sync", body)
    except (Unfilled, Refused) as error:
        return await _one(visit, forms.wrong(error))
    here = f"/galleries/orders/{order['id']}"
    return pages.to(here, said="order_held" if order["state"] == "held" else "order_downloaded")


async def show_log(visit: Visit) -> Response:
    """Show what the data sync has done."""
    told = await visit.api.get(f"{_PATH}/data-sync", limit=_RUNS)
    people = await lookups.staff(visit.api)
    return visit.page(
        "galleries/runs.html", runs=told["runs"], people=people, words=words, may_sync=_may_sync(visit)
    )


async def sync(visit: Visit) -> Response:
    """Run the data sync, and show what came of it."""
    await visit.api.post(f"{_PATH}/data-sync")
    return pages.to("/galleries/orders/log", said="orders_synced")


def _may_sync(visit: Visit) -> bool:
    return visit.may("invoices", Level.ADD_ONLY)


def _path(visit: Visit) -> str:
    return f"{_PATH}/{visit.request.path_params['order_id']}"


async def _one(visit: Visit, wrong: Wrong | None = None) -> Response:
    order = await visit.api.get(_path(visit))
    looked_for = visit.request.query_params.get("words", "").strip()[:MOST_LETTERS]
    is_held = order["state"] == "held"
    return visit.page(
        "galleries/order.html",
        wrong,
        order=order,
        client=await client_name(visit.api, order["client_id"]),
        session_title=await _session_title(visit, order["session_id"]),
        currency=(await company(visit))["currency"],
        looked_for=looked_for,
        clients=await _clients(visit, looked_for) if is_held and looked_for else [],
        sessions=await _sessions(visit, looked_for) if is_held and looked_for else [],
        client_of=client_of,
        title=fields.title,
        amounts=amounts,
        words=words,
        may_sync=_may_sync(visit),
    )


async def _session_title(visit: Visit, session_id: str | None) -> str | None:
    """Return what the session of an order is called; none where it is gone, or may not be seen."""
    if session_id is None:
        return None
    try:
        session = await visit.api.get(f"/v1/sessions/{session_id}")
    except Refused:
        return None
    return session["description"] or f"Session {session['session_number'] or ''}".strip()


async def _clients(visit: Visit, looked_for: str) -> list[Record]:
    if not visit.may("clients", Level.VIEW_ONLY):
        return []
    return list((await visit.api.get("/v1/client-list", search=looked_for, limit=_FOUND))["clients"])


async def _sessions(visit: Visit, looked_for: str) -> list[Record]:
    if not visit.may("sessions", Level.VIEW_ONLY):
        return []
    shown = columns(visit, "session_number", "date", "description", "client_id")
    asked = {"columns": shown, "search": looked_for, "sort": "-date", "limit": _FOUND}
    return list((await visit.api.post("/v1/hubs/sessions/query", asked))["rows"])
