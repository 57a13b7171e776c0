"""Keeping finance snapshots: each transaction that touches money or sessions moves those of its studios."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from app.accounts.store import bring_end_of_day_forward
from app.core import clock
from app.studio.finances import days, figures
from app.studio.finances.entries import COUNTED, Moves, add, moved
from app.studio.finances.figures import Window
from app.sync import registry
from app.sync.draft import Draft
from app.sync.fields import Values
from app.sync.reactions import Written, at_last
from app.sync.validation import canonical

SNAPSHOTS = "finance_snapshots"
_COMPANY = ("time_zone", "first_weekday")
"""The settings of the company all its figures depend on."""


def snapshot_id(site_id: UUID) -> UUID:
    """Return the id of the snapshot of a studio, or of the account's for what names none."""
    return uuid5(site_id, SNAPSHOTS)


@dataclass(frozen=True, slots=True)
class Books:
    """Whose figures are kept: the company, and its studios and their snapshots by id."""

    account_id: UUID
    company: Values
    studios: Mapping[UUID, Values]
    snapshots: Mapping[UUID, Values]

    @classmethod
    def of(cls, draft: Draft) -> "Books | None":
        """Return the books as a draft has them, as far as they were looked at; none without a company."""
        company = draft.work.find("companies", draft.session.account_id)
        studios, snapshots = (dict(draft.work.known(name)) for name in ("studios", SNAPSHOTS))
        return cls(draft.session.account_id, company, studios, snapshots) if company else None

    def snapshot(self, site_id: UUID) -> Values | None:
        """Return the snapshot of a studio, if it has one."""
        return self.snapshots.get(snapshot_id(site_id))

    @property
    def sites(self) -> tuple[UUID, ...]:
        """Return what has figures of its own: the account, for what names no studio, and each studio."""
        return self.account_id, *self.studios

    def today(self, site_id: UUID) -> date:
        """Return the present day of a studio."""
        return clock.now().astimezone(self._zone(site_id)).date()

    def window(self, site_id: UUID, day: date | None = None) -> Window:
        """Return the periods of a studio on its present day, or on another."""
        return figures.window(site_id, day or self.today(site_id), self.company["first_weekday"])

    def told(self, window: Window, sums: Mapping[str, Any]) -> dict[str, Any]:
        """Return the fields of a snapshot but for its moment."""
        is_studios = window.site_id != self.account_id
        return figures.told(window, sums, str(window.site_id) if is_studios else None)

    def end_of_day(self, site_id: UUID) -> datetime:
        """Return the instant at which the present day of a studio ends."""
        return figures.end_of_day(self.today(site_id), self._zone(site_id))

    def _zone(self, site_id: UUID) -> ZoneInfo:
        return figures.zone_of(self.company, self.studios.get(site_id))


@at_last(*COUNTED, "companies", "studios")
async def keep(draft: Draft, written: Sequence[Written]) -> None:
    """Move the sums of the days that some writes touch, and the snapshots of their studios.

    An account that was never counted is left to the round that counts it, unless its company is new.
    """
    account_id = draft.session.account_id
    moves = _moves(account_id, written)
    company = _number("companies"), account_id
    settled = [each for each in written if each.key == company and each.changes(*_COMPANY)]
    studios = {
        each.key[1]
        for each in written
        if each.key[0] == _number("studios")
        and (each.is_new or each.after is None or each.changes("time_zone"))
    }
    touched = studios | {site_id for site_id, _ in moves}
    if not (touched or settled):
        return
    if settled:
        await draft.load_all(_number("studios"))
        touched |= {account_id, *(studio_id for studio_id, _ in draft.work.known("studios"))}
    await _look_at(draft, touched)
    books = Books.of(draft)
    is_new = any(each.is_new for each in settled)
    if books is None or not (is_new or books.snapshot(account_id)):
        return
    if is_new:
        await days.count_anew(draft.session)
    known = [each for each in books.sites if each in touched]
    begun = [each for each in known if settled or each in studios or not books.snapshot(each)]
    if begun:
        await bring_end_of_day_forward(draft.session, min(map(books.end_of_day, begun)))
    windows = [books.window(each) for each in known]
    put(draft, books, windows, await days.move(draft.session, moves, windows))
    if gone := sorted(touched.difference(books.sites)):
        await days.forget(draft.session, gone)


def put(draft: Draft, books: Books, windows: Iterable[Window], sums: Mapping[UUID, Any]) -> int:
    """Set the snapshots of some studios that tell other figures than sums come to; return how many did."""
    collection = registry.numbered(_number(SNAPSHOTS))
    changed = 0
    for window in windows:
        figures_now = books.told(window, sums[window.site_id])
        before = books.snapshot(window.site_id)
        if before is None or any(before[name] != value for name, value in figures_now.items()):
            now = {**figures_now, "as_of": clock.now().isoformat()}
            draft.put((collection.number, snapshot_id(window.site_id)), canonical(collection, now))
            changed += 1
    return changed


async def _look_at(draft: Draft, sites: Iterable[UUID]) -> None:
    """Read the company, and some studios with their snapshots; the account's own goes along."""
    account_id = draft.session.account_id
    snapshots = [(_number(SNAPSHOTS), snapshot_id(each)) for each in (account_id, *sites)]
    studios = [(_number("studios"), each) for each in sites if each != account_id]
    await draft.load([(_number("companies"), account_id), *studios, *snapshots])


def _moves(account_id: UUID, written: Iterable[Written]) -> Moves:
    moves: Moves = {}
    for each in written:
        name = registry.numbered(each.key[0]).name
        if name in COUNTED:
            add(moves, name, account_id, each.before, -1)
            add(moves, name, account_id, each.after, 1)
    return moved(moves)


def _number(collection: str) -> int:
    return registry.number_of(collection)
