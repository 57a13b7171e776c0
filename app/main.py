"""The application: all rooms behind one porch."""

import asyncio
import ctypes
import gc
import multiprocessing
from collections.abc import AsyncIterator, Coroutine, MutableMapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI

import app.studio  # noqa: F401 - declares the collections
from app.accounts.jobs import FORGET as FORGET_SIGN_INS
from app.accounts.keys.doors import Doors
from app.accounts.keys.jobs import FORGET as FORGET_KEYS
from app.accounts.keys.router import router as api_keys
from app.accounts.routers.account import router as account
from app.accounts.routers.auth import router as auth
from app.accounts.routers.devices import router as devices
from app.accounts.routers.operator import router as operator
from app.accounts.routers.security import router as security
from app.accounts.routers.users import router as users
from app.audit.router import router as audit
from app.automations.communications.jobs import FORGET as FORGET_COMMUNICATIONS
from app.automations.communications.router import router as communications
from app.automations.jobs import jobs_of as automation_jobs
from app.automations.triggers import following as _triggers  # noqa: F401 - declares what follows for them
from app.automations.triggers.router import router as triggers
from app.cards.jobs import jobs_of
from app.cards.limits import limits_of_cards
from app.cards.merchant_router import router as card_merchants
from app.cards.processors import Processors
from app.cards.router import router as cards
from app.cards.till import Till
from app.console.pages import BASE as CONSOLE
from app.console.site import console
from app.core import exposition, logs, traces
from app.core.beat import Beat
from app.core.db import Connect, Database, listening
from app.core.keys import load_keys
from app.core.notifications import Listener
from app.core.settings import Settings, settings
from app.core.vault import Vault, load_vault
from app.core.watch import Watch
from app.desk.calendar.limits import limits_of_schedule
from app.desk.calendar.router import router as schedule
from app.desk.client_list.router import router as client_list
from app.desk.home.router import router as home
from app.desk.hubs.limits import limits_of_hubs
from app.desk.hubs.router import router as hubs
from app.desk.hubs.saved_router import router as saved_hubs
from app.desk.imports.jobs import FORGET as FORGET_IMPORTS
from app.desk.imports.limits import limits_of_imports
from app.desk.imports.router import router as imports
from app.desk.inbox_router import router as inbox
from app.desk.jobs import FORGET
from app.desk.limits import limits_of_desk
from app.desk.router import router as desk
from app.galleries.file_router import router as picture_files
from app.galleries.files import opened as files_of
from app.galleries.jobs import jobs_of as picture_jobs
from app.galleries.lifecycle.jobs import EXPIRE
from app.galleries.lifecycle.router import router as galleries
from app.galleries.limits import GIGABYTE, limits_of_pictures
from app.galleries.order_jobs import DATA_SYNC, FORGET_CARTS
from app.galleries.price_list_router import router as price_lists
from app.galleries.router import router as pictures
from app.galleries.task_router import router as gallery_tasks
from app.galleries.tending import Tending
from app.galleries.upload_router import router as uploads
from app.galleries.web_order_router import router as web_orders
from app.http.limits import RateLimits
from app.http.middleware import is_secret
from app.http.porch import build_porch
from app.http.stopping import Stopping
from app.notices.jobs import FORGET as FORGET_NOTICES
from app.notices.router import router as notices
from app.openapi.document import document, text
from app.openapi.texts import TITLE
from app.outbox import following  # noqa: F401 - declares what follows from a message
from app.outbox.files.limits import limits_of_letters
from app.outbox.files.router import router as letter_files
from app.outbox.jobs import jobs_of as letter_jobs
from app.outbox.mail.router import router as mail_server
from app.outbox.mail.way import EmailWay
from app.outbox.router import router as outbox
from app.outbox.texts.hooks import router as text_hooks
from app.outbox.texts.router import router as text_line
from app.outbox.texts.way import TextWay
from app.outbox.unsubscribing import BASE as UNSUBSCRIBE
from app.outbox.unsubscribing import Links
from app.outbox.worker import Outbox
from app.portal.jobs import FORGET as FORGET_CLIENTS
from app.portal.limits import limits_of_portal
from app.portal.router import router as portal_logins
from app.portal.web.pages import BASE as PORTAL
from app.portal.web.site import portal, unsubscribing
from app.site.client import BASE as WEB_CLIENT
from app.site.client import web_client
from app.site.docs.serving import BASE as DOCS
from app.site.docs.serving import docs
from app.site.front import front
from app.studio.finances.jobs import TURN
from app.studio.limits import limits_of_series
from app.sync import registry
from app.sync.cursor import Sealer
from app.sync.feed_router import router as feed
from app.sync.health_router import router as health
from app.sync.jobs import TRIM
from app.sync.limits import limits_of
from app.sync.limits_router import router as limits
from app.sync.live.stream import Pace
from app.sync.live.watchers import Watchers
from app.sync.live_router import router as live
from app.sync.preference_router import router as preferences
from app.sync.replica import Replica
from app.sync.router import router as sync
from app.sync.stream_router import router as stream
from app.templates.limits import limits_of_templates
from app.templates.paper_router import router as paper_letters
from app.templates.router import router as templates
from app.webhooks import hearing as _hearing  # noqa: F401 - declares what is heard
from app.webhooks.courier import Courier
from app.webhooks.jobs import jobs_of as webhook_jobs
from app.webhooks.limits import limits_of_webhooks
from app.webhooks.posting import Poster
from app.webhooks.router import router as webhooks

VERSION = "0.1.0"
JOBS = (
    TRIM,
    FORGET,
    FORGET_NOTICES,
    FORGET_IMPORTS,
    FORGET_CLIENTS,
    TURN,
    EXPIRE,
    DATA_SYNC,
    FORGET_CARTS,
    FORGET_COMMUNICATIONS,
    FORGET_KEYS,
    FORGET_SIGN_INS,
)
_OPEN_TAGS = (
    "desk",
    "feed",
    "hubs",
    "client_list",
    "schedule",
    "galleries",
    "pictures",
    "web_orders",
    "web_price_lists",
    "templates",
    "webhooks",
)
_OPEN = (
    "sync_manifest",
    "sync_live",
    "sync_wait",
    "api_keys_me",
    "cards_list",
    "cards_read",
    # Not all of the outbox: how the company sends and whom it does not write to is its own.
    "outbox_list",
    "outbox_read",
    "outbox_resend",
    "outbox_cancel",
    "outbox_stand",
    "outbox_list_blocks",
)
_CLOSED = (
    # A person's own: what they subscribe to, and how they like their lists.
    "schedule_list_feeds",
    "schedule_make_feed",
    "schedule_revoke_feed",
    "hubs_save_filter",
    "hubs_change_filter",
    "hubs_remove_filter",
    "hubs_save_layout",
    "hubs_change_layout",
    "hubs_remove_layout",
)
_M_MMAP_THRESHOLD, _LARGE = -3, 1 << 18
"""What the C library is asked for (`mallopt`), and from how many bytes on."""


def doors() -> Doors:
    """Return what API keys may ask; whatever is not named is for people, a new route too."""
    return Doors(
        tags=frozenset(_OPEN_TAGS),
        operations=frozenset(_OPEN),
        closed=frozenset(_CLOSED),
        subjects=frozenset(each.name for each in registry.collections() if each.is_for_people),
    )


def settle_memory() -> None:
    """Keep what was imported out of the collector's rounds: a page of records made it walk all of it.

    Pieces of files are given back to the system at once: kept for others they would fill it with holes.
    """
    gc.collect()
    gc.freeze()
    # Where there is no such thing, large pieces are given back when the system's own library sees fit.
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _LARGE)


def _stopping(chosen: Settings) -> Stopping:
    """Return what hears that this process is to stop.

    A worker whose parent was killed ends at once: it would hold the port, on a database nobody keeps for it.
    """
    made, parent = Stopping(chosen.drain_seconds), multiprocessing.parent_process()
    if parent is None:
        return made
    loop, gone = asyncio.get_running_loop(), parent.sentinel

    def end() -> None:
        loop.remove_reader(gone)
        made.at_once()

    loop.add_reader(gone, end)
    return made


def _replica(chosen: Settings) -> Replica | None:
    """Return what pages of pulls are read at besides the database, where the operator has it."""
    if chosen.pull_database_url is None:
        return None
    return Replica(Database(chosen.pull_database_url, pool_size=chosen.pool_size))


def _is_untold(scope: MutableMapping[str, Any]) -> bool:
    """Say of which requests no trace is kept: health checks, and those with a secret in their address."""
    path = scope["path"]
    return path.startswith("/health/") or is_secret(path) or b"access_token" in scope["query_string"]


@dataclass(frozen=True, slots=True)
class Works:
    """What is done by itself works with these, in a server and in a process of its own alike."""

    settings: Settings
    connect: Connect
    database: Database
    vault: Vault
    till: Till
    tending: Tending

    def begun(self) -> list[Coroutine[Any, Any, None]]:
        """Return what is to run for as long as the process lives: jobs on a beat, the outbox, the courier."""
        chosen = self.settings
        emails, texts = EmailWay.of(chosen, self.vault), TextWay.of(chosen, self.database, self.vault)
        links = Links.of(load_keys(chosen), chosen.links_from)
        sizes = chosen.letter_seconds, chosen.letter_accounts
        sending = Outbox(self.database, (emails, texts), self.vault, *sizes, links)
        letters = letter_jobs(self.vault, emails.hosts)
        automations = automation_jobs(chosen.links_from)
        poster = Poster(emails.hosts, chosen.webhook_seconds)
        telling = Courier(self.database, self.vault, poster, chosen.links_from, chosen.webhook_accounts)
        told = webhook_jobs(self.vault)
        jobs = (*JOBS, *jobs_of(self.till), *picture_jobs(self.tending), *letters, *automations, *told)
        return [Beat(self.connect, self.database, jobs).run(), sending.run(), telling.run()]


_DESKS = (desk, hubs, saved_hubs, schedule, client_list, home)
_PEOPLE = (auth, users, security, account, devices, api_keys, operator, audit, notices, portal_logins)
_TILLS = (cards, card_merchants)
_SITES = (picture_files, uploads, pictures, galleries, web_orders, price_lists, gallery_tasks)
_LETTERS = (
    templates,
    paper_letters,
    outbox,
    mail_server,
    letter_files,
    text_line,
    text_hooks,
    triggers,
    communications,
)
_REST = (preferences, health, inbox, imports, *_TILLS, *_LETTERS, webhooks, limits)
_ROUTERS = (sync, stream, live, feed, *_SITES, *_DESKS, *_PEOPLE, *_REST)
"""Routes are tried one after the other, at some cost each: what is asked for most comes first."""


def create_app(given: Settings | None = None) -> FastAPI:
    """Build the application; its database is opened when it starts."""
    chosen = given or settings()

    @asynccontextmanager
    async def lifespan(made: FastAPI) -> AsyncIterator[None]:
        if chosen.database_url is None:
            raise RuntimeError("DATABASE_URL is not set; `python -m app serve` starts an embedded server")
        made.state.stopping = stopping = _stopping(chosen)
        logs.start(chosen.log_level, chosen.log_format)
        traces.leave_out_queries()
        keys = load_keys(chosen)
        database = Database(
            chosen.database_url,
            pool_size=chosen.pool_size,
            is_pooled=chosen.is_pooled,
            is_distributed=chosen.distributed,
        )
        made.state.database, made.state.keys = database, keys
        made.state.replica = replica = _replica(chosen)
        processors = Processors(chosen)
        made.state.vault = vault = load_vault(chosen)
        made.state.email_way = EmailWay.of(chosen, vault)
        made.state.text_way = TextWay.of(chosen, database, vault)
        made.state.till = till = Till(database, vault, processors)
        made.state.files = files = files_of(chosen)
        tending = Tending(database, files, chosen.picture_workers)
        made.state.minimum_schema_version = chosen.minimum_schema_version
        made.state.hub_seconds = chosen.hub_seconds
        made.state.sealer = Sealer({"a": keys.derived("cursor")}, "a")
        made.state.pace = Pace(chosen.live_heartbeat_seconds, chosen.live_seconds)
        made.state.watchers = watchers = Watchers(
            database, keys, most=chosen.live_streams, most_per_account=chosen.live_streams_per_account
        )
        connect = listening(chosen.listen_database_url or chosen.database_url)
        standing = [
            Listener(connect, watchers.wake, watchers.wake_all).run(),
            Watch(connect, chosen.data_dir).run(),
        ]
        if chosen.beat:
            standing += Works(chosen, connect, database, vault, till, tending).begun()
        settle_memory()
        with stopping.heard(watchers.close), exposition.measured(chosen, chosen.workers):
            running = [asyncio.create_task(each) for each in standing]
            yield
            for each in running:
                each.cancel()
            await asyncio.wait(running)
        await processors.close()
        await database.close()
        if replica is not None:
            await replica.close()

    made = FastAPI(
        title=TITLE,
        version=VERSION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        # Its log would have the words of exceptions, and the database's repeat values.
        telemetry={"logs": False, "exclude": _is_untold},
    )
    for router in _ROUTERS:
        made.include_router(router)
    for base, site in ((CONSOLE, console), (PORTAL, portal), (UNSUBSCRIBE, unsubscribing)):
        made.mount(base, site(made))
    made.mount(WEB_CLIENT, web_client())
    made.mount(DOCS, docs(lambda: text(made)))
    made.add_route("/", front, include_in_schema=False)
    made.state.doors, made.state.public_url = doors(), chosen.links_from
    made.state.operator_key_hash = chosen.operator_key_hash
    made.state.picture_bytes_per_account = chosen.picture_gigabytes_per_account * GIGABYTE
    made.state.told_limits = limits_of(
        chosen,
        desk=limits_of_desk(),
        hubs=limits_of_hubs(chosen.hub_seconds),
        schedule=limits_of_schedule(),
        imports=limits_of_imports(),
        series=limits_of_series(),
        cards=limits_of_cards(),
        pictures=limits_of_pictures(chosen.picture_gigabytes_per_account),
        portal=limits_of_portal(),
        letters=limits_of_letters(),
        templates=limits_of_templates(),
        webhooks=limits_of_webhooks(chosen.webhook_seconds),
    )
    build_porch(
        made,
        RateLimits(
            per_address=chosen.requests_per_address,
            per_caller=chosen.requests_per_caller,
            per_key=chosen.requests_per_key,
        ),
    )
    made.openapi = lambda: document(made)  # type: ignore[method-assign]
    return made
