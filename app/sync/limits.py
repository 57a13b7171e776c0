"""Every limit a client can meet, told from where it is kept."""

from app.accounts import budgets, devices, passwords, sign_ins, tokens
from app.accounts.schemas import MAX_SIGN_IN_BYTES
from app.core.db import WAITING_PER_ACCOUNT
from app.core.settings import Settings
from app.http import body, heads
from app.sync import schemas
from app.sync.limit_schemas import (
    BodyLimits,
    CardLimits,
    DeskLimits,
    HubLimits,
    ImportLimits,
    LetterLimits,
    LimitsAnswer,
    LiveLimits,
    PictureLimits,
    PortalLimits,
    RequestLimits,
    RetentionLimits,
    ScheduleLimits,
    SeriesLimits,
    SignInLimits,
    SyncLimits,
    TemplateLimits,
    WebhookLimits,
)
from app.sync.live import watchers
from app.sync.positions import ABSENCE


def limits_of_sync() -> SyncLimits:
    """Return the limits of pages and pushes, in the manifest too."""
    return SyncLimits(
        max_rows=schemas.MAX_ROWS,
        max_page_bytes=schemas.MAX_PAGE_BYTES,
        max_changes=schemas.MAX_CHANGES,
        max_push_bytes=schemas.MAX_PUSH_BYTES,
    )


def limits_of(
    settings: Settings,
    *,
    desk: DeskLimits,
    hubs: HubLimits,
    schedule: ScheduleLimits,
    imports: ImportLimits,
    series: SeriesLimits,
    cards: CardLimits,
    pictures: PictureLimits,
    portal: PortalLimits,
    letters: LetterLimits,
    templates: TemplateLimits,
    webhooks: WebhookLimits,
) -> LimitsAnswer:
    """Return all limits of a server that runs with these settings, those of higher floors among them."""
    return LimitsAnswer(
        desk=desk,
        hubs=hubs,
        schedule=schedule,
        imports=imports,
        series=series,
        cards=cards,
        pictures=pictures,
        portal=portal,
        letters=letters,
        templates=templates,
        webhooks=webhooks,
        sync=limits_of_sync(),
        body=BodyLimits(
            max_bytes=body.JsonRoute.max_bytes,
            max_sign_in_bytes=MAX_SIGN_IN_BYTES,
            max_depth=body.MAX_DEPTH,
            max_integer=body.MAX_INTEGER,
            seconds=body.SECONDS,
        ),
        requests=RequestLimits(
            per_minute_per_sign_in=settings.requests_per_caller,
            per_minute_per_key=settings.requests_per_key,
            per_minute_per_address=settings.requests_per_address,
            head_bytes=heads.BYTES,
            waiting_per_account=WAITING_PER_ACCOUNT,
        ),
        live=LiveLimits(
            streams_per_sign_in=watchers.PER_SIGN_IN,
            streams_per_account=settings.live_streams_per_account,
            seconds=settings.live_seconds,
            heartbeat_seconds=settings.live_heartbeat_seconds,
            longest_wait_seconds=watchers.LONGEST_WAIT,
        ),
        retention=RetentionLimits(absent_days=ABSENCE.days),
        sign_in=SignInLimits(
            devices_per_licence=devices.PER_LICENCE,
            access_token_seconds=int(tokens.ACCESS_LIFE.total_seconds()),
            refresh_token_days=sign_ins.SLIDING.days,
            days=sign_ins.ABSOLUTE.days,
            wrong_passwords=budgets.MOST_FAILURES,
            wrong_passwords_in_account=budgets.MOST_IN_ACCOUNT,
            wrong_passwords_from_network=budgets.MOST_FROM_NETWORK,
            wrong_passwords_seconds=int(budgets.WINDOW.total_seconds()),
            shortest_password=passwords.SHORTEST,
            longest_password=passwords.LONGEST,
        ),
    )
