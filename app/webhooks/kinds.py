"""The kinds of events there are: by what happens to records, and what the field has words of its own for."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from app.sync import registry
from app.sync.registry import Collection

EVERYTHING = "*"
MERGED = "clients.merged"
WEB_ORDER_RECEIVED = "web_order.received"
GALLERY_PUBLISHED = "gallery.published"
GALLERY_EXPIRING = "gallery.expiring"
GALLERY_EXPIRED = "gallery.expired"
GALLERY_TAKEN_DOWN = "gallery.taken_down"
PAYMENT_APPROVED = "payment.approved"
IMPORTED = "records.imported"
TEST = "webhook.test"

_INVOICES = "invoices"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of event, known by its name.

    Who may not see the records of its `collection`, or has not the `feature`, does not hear of it; `data`
    names the collection, or what else the event's id is one of.
    """

    name: str
    description: str
    collection: str | None = None
    feature: str | None = None
    data: str | None = None


def happens_to(collection: str, what: str) -> str:
    """Name what happens to records of a collection: `created`, `changed` or `deleted`."""
    return f"{collection}.{what}"


@cache
def kinds() -> Mapping[str, Kind]:
    """Return every kind there is, by its name."""
    return {each.name: each for each in (*_of_records(), *_of_the_field())}


def told() -> list[Collection]:
    """Return the collections whose records are told of: all but those that no program ever sees."""
    return [each for each in registry.collections() if not each.is_for_people]


def patterns_of(name: str) -> tuple[str, str, str]:
    """Return what an address may ask for that a kind is one of: itself, all of its subject, everything."""
    return name, f"{name.partition('.')[0]}.*", EVERYTHING


def asked_for(patterns: Iterable[str]) -> frozenset[str]:
    """Return the names of all kinds that some patterns ask for; the test is nobody's to ask for."""
    wanted = set(patterns)
    return frozenset(each for each in kinds() if each != TEST and not wanted.isdisjoint(patterns_of(each)))


def unknown(patterns: Iterable[str]) -> list[str]:
    """Return the patterns that ask for nothing there is."""
    return [each for each in patterns if not asked_for([each])]


def _of_records() -> Iterator[Kind]:
    for each in told():
        name, words = each.name, each.name.replace("_", " ")
        for what, sentence in (
            ("created", f"A record of {words} has come to be."),
            ("changed", f"A record of {words} has another version."),
            ("deleted", f"A record of {words} was deleted."),
        ):
            yield Kind(happens_to(name, what), sentence, name, data=name)
    yield Kind(
        MERGED,
        "A client was merged into another, which `into` names; what belonged to it belongs to that one.",
        "clients",
        data="clients",
    )


def _of_the_field() -> Iterator[Kind]:
    yield Kind(
        WEB_ORDER_RECEIVED,
        "A client has ordered in a gallery, and has paid if it was to be paid at once.",
        feature=_INVOICES,
        data="web_orders",
    )
    for name, sentence in (
        (GALLERY_PUBLISHED, "The gallery of a session went online."),
        (
            GALLERY_EXPIRING,
            "The gallery of a session expires within seven days; told at nine in the morning.",
        ),
        (GALLERY_EXPIRED, "The gallery of a session has expired."),
        (GALLERY_TAKEN_DOWN, "The gallery of a session was taken down."),
    ):
        yield Kind(name, sentence, "sessions", data="sessions")
    yield Kind(PAYMENT_APPROVED, "A client's payment was approved.", "payments", data="payments")
    yield Kind(IMPORTED, "Records came out of a file: poll the feed, no event tells of each of them.")
    yield Kind(TEST, "Somebody tries whether an address is reached; it is asked for by nobody.")
