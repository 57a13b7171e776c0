"""`scope explain`: what a device should hold, and why one record is among it or not."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

import typer

from app.accounts.phones import Asker, phones_called
from app.cli import scope_words
from app.cli.ground import account_of, console, database, fail, migrated, print_table, run
from app.core.db import Session
from app.core.revisions import Clock, read_clock
from app.sync import explaining, preference_store, preferences, registry
from app.sync.circumstances import NOBODY_YET
from app.sync.registry import Collection
from app.sync.target import Target, target_of

cli = typer.Typer(no_args_is_help=True, help="Look at what devices should hold.")


@cli.callback()
def scopes() -> None:
    """Keep `explain` a command of its own, though it is the only one so far."""


@dataclass(frozen=True, slots=True)
class View:
    """A device, what a pull of it would aim at now, and the names of the numbers in that."""

    phone: Asker
    at: Clock
    target: Target
    names: dict[int, str]


@cli.command()
def explain(
    *,
    account: Annotated[str, typer.Option(help="Account name.")],
    device: Annotated[str, typer.Option(help="The device's id or name.")],
    collection: Annotated[str | None, typer.Option(help="The record's collection, such as sessions.")] = None,
    record_id: Annotated[UUID | None, typer.Option("--id", help="The record's id.")] = None,
) -> None:
    """Tell in plain words what a device should hold now; or of one record, whether and why."""
    if (collection is None) != (record_id is None):
        fail("A record is named by both --collection and --id.")
    asked = registry.named(collection) if collection else None
    if collection and asked is None:
        fail(f"There is no collection {collection}; `python -m app collections` lists them.")

    async def told(url: str) -> None:
        async with database(url) as made:
            account_id = await account_of(made, account)
            if account_id is None:
                fail(f"There is no account {account}.")
            async with made.reading(account_id) as session:
                view = await _view(session, _one(await phones_called(session, device), account, device))
                _tell_whose(view)
                if view.phone.refusal:
                    return
                if asked is None or record_id is None:
                    await _tell_scope(session, view)
                else:
                    await _tell_record(session, view, asked, record_id)

    with migrated() as url:
        run(told(url))


def _one(found: list[Asker], account: str, word: str) -> Asker:
    if not found:
        fail(f"The account {account} has no device {word}.")
    if len(found) > 1:
        ids = ", ".join(f"{each.device.device_id} ({each.user.initials})" for each in found)
        fail(f"Several devices are called {word}; name one by its id: {ids}.")
    return found[0]


async def _view(session: Session, phone: Asker) -> View:
    at = await read_clock(session)
    target = await target_of(session, phone.who, at, None, phone.device.schema_version)
    numbers = {number for rule in target.scope.values() for number in scope_words.numbers_in(rule)}
    names = await explaining.names_of(session, numbers)
    return View(phone, at, target, {NOBODY_YET: phone.user.display_name, **names})


async def _tell_scope(session: Session, view: View) -> None:
    set_by = await preference_store.both(session, view.phone.device.device_id)
    differing = preferences.differing(set_by.company, set_by.own)
    titles = await explaining.titles_of(session, set_by.company.ids() | set_by.own.ids())
    for key, (companys, effective) in differing.items():
        told, instead = (scope_words.value_of(each, titles) for each in (effective, companys))
        _say(f"It narrows for itself: {key} is {told}, the company's {instead}.")
    rows = [(each.name, _held(view, each)) for each in registry.collections()]
    print_table(("Collection", "What of it belongs on the device"), rows)


def _held(view: View, collection: Collection) -> str:
    rule = view.target.scope.get(collection.number)
    if rule is None:
        return scope_words.why_off(collection, view.target.scope, view.target.rights)
    return scope_words.holds(collection, rule, view.names)


async def _tell_record(session: Session, view: View, collection: Collection, record_id: UUID) -> None:
    row = await explaining.find(session, collection, record_id)
    rule = view.target.scope.get(collection.number)
    what = f"{collection.name} {record_id}"
    if row is None:
        fail(f"{what} is not in the account.")
    if row.values is None:
        _say(f"{what} was deleted at revision {row.body_revision}.")
    elif rule is None:
        _say(f"{what} does not belong on the device.")
        off = scope_words.why_off(collection, view.target.scope, view.target.rights)
        _say(f"  against: {collection.name} are {off}")
    else:
        title = explaining.title_of(row.values)
        explained = explaining.explain(rule, row.anchors)
        names = await explaining.names_of(session, {*row.anchors.labels, *row.anchors.owners})
        says = "belongs" if explained.is_in else "does not belong"
        _say(f"{what}{f' ({title})' if title else ''} {says} on the device.")
        record = scope_words.Judged(collection, rule, row.anchors, row.values, {**view.names, **names})
        for is_for, sentence in scope_words.reasons(record, explained):
            _say(f"  {'for' if is_for else 'against'}: {sentence}")


def _tell_whose(view: View) -> None:
    device, user, at = view.phone.device, view.phone.user, view.at
    name = device.name or "A device no phone is bound to"
    _say(
        f"{name} ({device.device_id}) of {user.display_name} ({user.initials}), on {view.target.day} in"
        f" {view.phone.who.time_zone}; scope version {at.scope_revision}, revision {at.revision}."
    )
    if view.phone.refusal:
        _say(f"It gets nothing at all: {view.phone.refusal} ({view.phone.refusal.code})")


def _say(sentence: str) -> None:
    console.print(sentence, markup=False, highlight=False)
