"""`/v1/schedule`, and `/v1/calendar-feeds` with the address calendar programs read without signing in."""

from asyncio import to_thread
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Path, Query, Request, Response

from app.accounts.errors import PermissionDenied, SubscriptionInactive, UnknownStudio, UnknownUser
from app.accounts.guards import GUARDED, Reading, Writing
from app.desk.calendar import errors, feeds, store
from app.desk.calendar.ics import calendar_text
from app.desk.calendar.schedule import read_schedule
from app.desk.calendar.schemas import (
    FeedAnswer,
    FeedList,
    FeedRequest,
    NewFeedAnswer,
    ScheduleAnswer,
    ScheduleQuery,
)
from app.http.body import JsonRoute
from app.http.compression import JsonText
from app.http.errors import NotFound
from app.http.networks import address_of, counted_as
from app.http.problems import BODY, refusals_of
from app.http.schemas import Sent
from app.http.unit_of_work import DatabaseOf

router = APIRouter(prefix="/v1", tags=["schedule"], route_class=JsonRoute)

_ID = "6f1f2a54-7e0c-4c39-9b1e-0d9a53f2a7c1"
_MEDIA_TYPE = "text/calendar"
_EXAMPLE = "b0jzN5pUS9-HRqa2vgYk3wbx8qVH4MTDmbHg2aUKnwb5OqX1zR7sT0uV2wXyZ3aB"
_CALENDAR: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The calendar.",
        "content": {_MEDIA_TYPE: {}},
        "headers": {
            "ETag": {
                "description": "The copy this is, to be sent as `If-None-Match`.",
                "schema": {"type": "string", "examples": ['W/"5d41402abc4b2a76b9719d911017c592"']},
            }
        },
    },
    304: {"description": "Nothing has changed since the copy `If-None-Match` names."},
}


class CalendarText(JsonText):
    """A calendar, compressed as it leaves."""

    media_type = _MEDIA_TYPE


@router.get(
    "/schedule",
    operation_id="schedule_read",
    summary="Read the schedule",
    response_model=ScheduleAnswer,
    responses=refusals_of(
        PermissionDenied,
        errors.RangeReversed,
        errors.RangeTooLong,
        errors.TooManyCalendars,
        errors.ScheduleTooLarge,
        errors.UnknownResource,
        UnknownUser,
        UnknownStudio,
        *GUARDED,
    ),
)
async def schedule(work: Reading, asked: Annotated[ScheduleQuery, Query()]) -> Response:
    """Tell what users and resources are booked for on some days: without either, the caller today.

    Bookings of others need `view_only` of the feature `schedule`, and only what the caller may view is told.
    """
    found = await read_schedule(work.session, work, asked)
    return JsonText(found.model_dump_json(by_alias=True).encode())


@router.get(
    "/calendar-feeds",
    operation_id="schedule_list_feeds",
    summary="List calendar feeds",
    responses=refusals_of(PermissionDenied, *GUARDED),
)
async def list_feeds(
    work: Reading,
    user_id: Annotated[
        UUID | None,
        Query(description="Whose; another user's with `view_only` of the feature `users`.", examples=[_ID]),
    ] = None,
) -> FeedList:
    """List the caller's calendar feeds, without their addresses."""
    found = await feeds.feeds_of(work.session, work.who, user_id)
    return FeedList(feeds=[FeedAnswer.model_validate(each) for each in found], max_feeds=feeds.MOST_FEEDS)


@router.post(
    "/calendar-feeds",
    operation_id="schedule_make_feed",
    summary="Make a calendar feed",
    status_code=201,
    responses=refusals_of(errors.TooManyFeeds, *GUARDED, *BODY),
)
async def make_feed(body: Sent[FeedRequest], work: Writing) -> NewFeedAnswer:
    """Make an address by which a calendar program reads the caller's own schedule.

    It is told this once. Whoever loses it revokes the feed and makes another.
    """
    feed, secret = await feeds.make(work.session, work.who, body.name)
    told = FeedAnswer.model_validate(feed)
    return NewFeedAnswer(
        feed_id=told.id,
        user_id=told.user_id,
        name=told.name,
        created_at=told.created_at,
        last_read_at=told.last_read_at,
        address=f"/v1/calendar/{secret}.ics",
    )


@router.delete(
    "/calendar-feeds/{feed_id}",
    operation_id="schedule_revoke_feed",
    summary="Revoke a calendar feed",
    status_code=204,
    responses=refusals_of(errors.FeedNotFound, *GUARDED),
)
async def revoke_feed(
    feed_id: Annotated[UUID, Path(description="The feed.", examples=[_ID])], work: Writing
) -> None:
    """End a feed at once: the caller's own, or anybody's with `add_modify` of the feature `users`."""
    await feeds.revoke(work.session, work.who, feed_id)


@router.get(
    "/calendar/{secret}.ics",
    operation_id="schedule_subscribe",
    summary="Read a calendar feed",
    response_class=CalendarText,
    responses={**_CALENDAR, **refusals_of(NotFound, SubscriptionInactive)},
)
async def subscribe(
    secret: Annotated[
        str, Path(description="The secret the feed was made with.", examples=[_EXAMPLE], max_length=1_000)
    ],
    request: Request,
    database: DatabaseOf,
    if_none_match: Annotated[
        str | None,
        Header(
            max_length=1_000,
            description="The `ETag` of the copy that is at hand.",
            examples=['W/"5d41402abc4b2a76b9719d911017c592"'],
        ),
    ] = None,
) -> Response:
    """Read the schedule of the user who made the feed, as iCalendar, without signing in.

    It has the last 30 days and the next 365, and of them what the user may view now. A feed that was revoked
    is answered as one that never was, and so is that of a user who was deactivated.
    """
    address = feeds.opened(secret)
    if address is None:
        raise NotFound
    limits, network = request.app.state.limits, counted_as(address_of(request.scope))
    limits.require_room(feeds.MISSES, network)
    async with database.reading(address.account_id) as session:
        found = await feeds.subscribed(session, address)
        if found is None:
            limits.count(feeds.MISSES, network)
            raise NotFound
        limits.count(feeds.READS, found.feed_id.hex)
        tag = f'W/"{found.version}"'
        headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
        is_known = tag in {each.strip() for each in (if_none_match or "").split(",")}
        told = None if is_known else await feeds.read_feed(session, found)
    if found.is_to_note:
        async with database.beside(address.account_id) as session:
            await store.stamp_read(session, found.feed_id, found.at.now)
    if told is None:
        return Response(status_code=304, headers=headers)
    return CalendarText(await to_thread(calendar_text, found, told), headers=headers)
