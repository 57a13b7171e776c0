"""What sync says and hears over the wire."""

from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from app.accounts.queues import Queue
from app.core.ids import of_the_driver
from app.core.principal import Level
from app.http.schemas import Answer, Wire
from app.sync.limit_schemas import SyncLimits
from app.sync.tables import Kind

MAX_ROWS = 10_000
MAX_PAGE_BYTES = 8_000_000
MAX_CHANGES = 500
MAX_PUSH_BYTES = 4_000_000

CollectionName = Annotated[str, StringConstraints(max_length=63, pattern=r"^[a-z_]+$")]

FieldsSent = Annotated[
    dict[str, Any],
    BeforeValidator(lambda sent: {} if sent is None else sent, json_schema_input_type=dict[str, Any] | None),
]
"""The fields of a change; null says what an empty object says."""


class PullRequest(Wire):
    """Ask for what has changed for this device."""

    cursor: str | None = Field(
        None,
        max_length=100_000,
        description="The cursor of the last page that was stored; none for a first sync.",
        examples=[None],
    )
    max_rows: int = Field(
        2_000, ge=1, le=MAX_ROWS, description="The most records in the page.", examples=[2_000]
    )
    max_bytes: int = Field(
        1_000_000,
        ge=1_000,
        le=MAX_PAGE_BYTES,
        description="About how large the page may be; a page always has at least one record.",
        examples=[1_000_000],
    )
    collections: list[CollectionName] | None = Field(
        None,
        min_length=1,
        max_length=200,
        description="The collections wanted; none for those of the cursor, without a cursor for all.",
        examples=[None],
    )
    digests: bool = Field(
        False, description="On a consistent page, also tell what the device must hold.", examples=[False]
    )
    queued: int | None = Field(
        None,
        ge=0,
        le=2**31 - 1,
        description="How many changes the device has yet to send, not counting those sent along; shown to"
        " administrators.",
        examples=[0],
    )
    oldest_queued_seconds: int | None = Field(
        None,
        ge=0,
        le=10 * 366 * 24 * 3600,
        description="How long ago, by the device's clock, the oldest of them was made.",
        examples=[None],
    )

    @property
    def queue(self) -> Queue | None:
        """Return what the device says it has yet to send, none where it does not say."""
        return None if self.queued is None else Queue(self.queued, self.oldest_queued_seconds)


class Digest(Answer):
    """What a device must hold of one collection, to be compared with what it does hold."""

    count: int = Field(description="How many records.", examples=[2_000])
    mark: str = Field(
        description="Exclusive or of the first 8 bytes of the MD5 of `id:revision` of each, in hex.",
        examples=["9f1c2e77a0b3d45e"],
    )


class CollectionChanges(Answer):
    """What changed in one collection."""

    put: list[dict[str, Any]] = Field(
        description="Records as they are now, whole, each with `id` and `revision`.",
        examples=[[{"id": "8a2f4f0e-4b7e-4f43-9d0f-0c7b7f5b2a11", "revision": 17, "last_name": "Doe"}]],
    )
    deleted: list[UUID] = Field(
        alias="del",
        description="Records that no longer exist.",
        examples=[["8a2f4f0e-4b7e-4f43-9d0f-0c7b7f5b2a12"]],
    )
    evict: list[UUID] = Field(
        description="Records that exist but no longer belong on this device: drop them, never push that.",
        examples=[[]],
    )
    merged: dict[UUID, UUID] = Field(
        description="Which record has taken the place of one of `del`: show and link that one instead.",
        examples=[{"8a2f4f0e-4b7e-4f43-9d0f-0c7b7f5b2a12": "8a2f4f0e-4b7e-4f43-9d0f-0c7b7f5b2a11"}],
    )


class Progress(Answer):
    """How far a first sync, or a change of scope, has come in one collection."""

    done: int = Field(description="Records sent so far.", examples=[2_000])
    total: int = Field(
        description="Records in all, counted when the way began, and anew when the scope changes on it.",
        examples=[12_480],
    )


class ScopeAnswer(Answer):
    """Under which scope the page was made."""

    version: int = Field(description="Grows with each change of preferences or rights.", examples=[3])
    day: date = Field(description="Today in the account's time zone.", examples=["2026-06-13"])


class PageAnswer(Answer):
    """What a page says beside its changes."""

    cursor: str = Field(description="Opaque; store it with the page.", examples=["aeJyrVkpUslIyMgIA…"])
    revision: int = Field(description="How far the account has come.", examples=[17])
    replace: bool = Field(
        description="Drop everything but unpushed edits before storing this page.", examples=[False]
    )
    has_more: bool = Field(description="Ask again at once with this cursor.", examples=[False])
    usable: bool = Field(description="The app may open on what is there.", examples=[True])
    consistent: bool = Field(
        description="The device holds just what it should: no child without its parent, no half of a group.",
        examples=[True],
    )
    progress: dict[str, Progress] = Field(description="By collection, while under way.", examples=[{}])
    scope: ScopeAnswer = Field(description="Under which scope the page was made.")
    epoch: UUID = Field(
        description="Changes when the server was restored from a backup.",
        examples=["0b1f5f0e-4b7e-4f43-9d0f-0c7b7f5b2a11"],
    )
    server_time: datetime = Field(description="The server's clock.", examples=["2026-06-13T15:04:05Z"])
    next_sync_after: int = Field(description="Seconds after which to ask again by itself.", examples=[300])
    digests: dict[str, Digest] | None = Field(
        description="By collection, on a consistent page, if asked for.", examples=[None]
    )


class PullAnswer(PageAnswer):
    """One page of what changed. Store it and its cursor in one local transaction, then ask for the next."""

    changes: dict[str, CollectionChanges] = Field(
        description="By collection; apply puts in this order, parents first, and removals in reverse."
    )


class PutLine(Answer):
    """A record as it is now, whole."""

    put: str = Field(description="Its collection.", examples=["clients"])
    record: dict[str, Any] = Field(
        description="The record, as in `put` of a page.",
        examples=[{"id": "8a2f4f0e-4b7e-4f43-9d0f-0c7b7f5b2a11", "revision": 17, "last_name": "Doe"}],
    )


class DeletedLine(Answer):
    """A record that no longer exists."""

    deleted: str = Field(alias="del", description="Its collection.", examples=["clients"])
    id: UUID = Field(description="The record.", examples=["8a2f4f0e-4b7e-4f43-9d0f-0c7b7f5b2a12"])
    merged_into: UUID | None = Field(description="Which has taken its place, if one has.", examples=[None])


class EvictLine(Answer):
    """A record that exists but no longer belongs on this device."""

    evict: str = Field(description="Its collection.", examples=["sessions"])
    id: UUID = Field(description="The record.", examples=["8a2f4f0e-4b7e-4f43-9d0f-0c7b7f5b2a12"])


class PageLine(Answer):
    """The end of a page: all lines since the last one belong to it."""

    page: PageAnswer = Field(description="What the page says; store its cursor with its changes.")


class RefusedLine(Answer):
    """The end of a stream that could not go on."""

    refused: dict[str, Any] = Field(
        description="The problem a request would have been answered with; go by its `code`.",
        examples=[{"code": "token_expired", "status": 401}],
    )


StreamLine = PutLine | DeletedLine | EvictLine | PageLine | RefusedLine
"""One line of a streamed pull."""


class HeldAnswer(Answer):
    """About how much a device would hold."""

    records: int = Field(description="How many records.", examples=[1_840])
    bytes: int = Field(description="Their size on the pages of a first sync, as JSON.", examples=[1_236_480])
    compressed_bytes: int = Field(
        description="The same compressed by gzip, going by a sample.", examples=[174_300]
    )


class EstimateAnswer(Answer):
    """About how much a device would hold, from kept counts: near enough to choose by, not to bill by."""

    collections: dict[str, HeldAnswer] = Field(
        description="Every collection, parents first; one that would not be held has zeros."
    )
    total: HeldAnswer = Field(description="All of them together.")
    scope: ScopeAnswer = Field(description="The scope in force, and the day the windows are counted from.")


class Operation(StrEnum):
    """What a change does to a record."""

    CREATE = "create"
    PATCH = "patch"
    DELETE = "delete"
    COMMAND = "command"

    # Looked up for each change, and a member's own hash is worked out from its name each time.
    __hash__ = str.__hash__


class Atomicity(StrEnum):
    """What stands or falls together: each group, the whole push, or each change alone."""

    GROUP = "group"
    ALL = "all"
    EACH = "each"


class OnConflict(StrEnum):
    """What happens to a change of a record that somebody else changed meanwhile.

    `merge` keeps the server's value of a field both changed and applies the rest; `server` keeps the server's
    record whenever anybody else changed it; `fail` refuses the change and everything that stands with it.
    """

    MERGE = "merge"
    SERVER = "server"
    FAIL = "fail"


class Change(Wire):
    """One change a user made."""

    n: int = Field(ge=1, le=2**53 - 1, description="Its number in the stream: 1, 2, 3…", examples=[1])
    group: str | None = Field(
        None, max_length=100, description="Changes of one group stand or fall together.", examples=[None]
    )
    # A name of any length and form: one that is not known is a matter of this change alone.
    collection: str = Field(description="The collection of the record.", examples=["clients"])
    id: Annotated[UUID, AfterValidator(of_the_driver)] = Field(
        description="The record; made by the device for a new one.",
        examples=["8a2f4f0e-4b7e-4f43-9d0f-0c7b7f5b2a11"],
    )
    op: Operation = Field(description="What is done to it.", examples=["patch"])
    command: str | None = Field(None, description="Which command, for `command`.", examples=[None])
    base_revision: int | None = Field(
        None,
        ge=0,
        description="The revision the user saw; none when the device made the record and has not pulled it.",
        examples=[12],
    )
    fields: FieldsSent = Field(
        default_factory=dict, description="The fields that are set.", examples=[{"last_name": "Doe-Miller"}]
    )
    client_time: datetime | None = Field(
        None,
        description="The device's clock, kept for people; it orders nothing.",
        examples=["2026-06-13T15:04:05Z"],
    )

    @property
    def typed_at(self) -> datetime | None:
        """Return what the device's clock said, in UTC, which it is taken for where it named no zone.

        None where UTC has no such instant: nothing is ordered by it, so that nothing is refused for it.
        """
        told = self.client_time
        try:
            return told and (told if told.tzinfo else told.replace(tzinfo=UTC)).astimezone(UTC)
        except OverflowError:
            return None


_OUT_OF_ORDER = PydanticCustomError(
    "numbers_do_not_follow", "Changes are numbered one after the other from the first."
)


class PushRequest(Wire):
    """Send what the user did, in order, each change with the next number of the stream."""

    stream: str = Field(
        "main",
        min_length=1,
        max_length=100,
        pattern=r"^[A-Za-z0-9_.-]+$",
        description="Names this local copy; a fresh local copy begins a fresh stream at number 1.",
        examples=["main"],
    )
    first: int = Field(ge=1, le=2**53 - 1, description="The number of the first change.", examples=[1])
    atomicity: Atomicity = Field(
        Atomicity.GROUP, description="What stands or falls together.", examples=["group"]
    )
    on_conflict: OnConflict = Field(
        OnConflict.MERGE, description="What happens when somebody else changed the same.", examples=["merge"]
    )
    changes: list[Change] = Field(description="The changes, in order.")

    @model_validator(mode="after")
    def _numbers_follow(self) -> "PushRequest":
        """Point at the first number that does not follow."""
        for place, change in enumerate(self.changes):
            if change.n != self.first + place:
                raise ValidationError.from_exception_data(
                    "PushRequest",
                    [InitErrorDetails(type=_OUT_OF_ORDER, loc=("changes", place, "n"), input=change.n)],
                )
        return self


class Outcome(StrEnum):
    """What became of a change.

    All but `retry` are final. `applied`, `merged` (some fields kept the server's value) and `noop` (already
    so) took effect; `duplicate` did so earlier; `conflict`, `rejected` and `blocked` did not.
    """

    APPLIED = "applied"
    MERGED = "merged"
    NOOP = "noop"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    REJECTED = "rejected"
    BLOCKED = "blocked"
    RETRY = "retry"


class WarningAnswer(Answer):
    """Something to know about a change that was taken in all the same."""

    code: str = Field(description="What it is, for programs.", examples=["possible_duplicates"])
    message: str = Field(description="The same for people.", examples=["This may be somebody you know."])
    fields: list[str] = Field(description="The fields it is about.", examples=[["email"]])
    records: list[UUID] = Field(
        description="The records it is about.", examples=[["0b0f2f0a-6f0e-4a55-9a59-5f6f3c1a4001"]]
    )


class Verdict(Answer):
    """The answer one change is given, once and for ever."""

    model_config = ConfigDict(frozen=True, use_enum_values=True)

    n: int = Field(description="The change's number.", examples=[1])
    verdict: Outcome = Field(description="What became of it.", examples=["applied"])
    revision: int | None = Field(
        description="The record's revision now, none if there is no record.", examples=[18]
    )
    code: str | None = Field(description="Why it was not applied as sent, for programs.", examples=[None])
    message: str | None = Field(description="The same for people.", examples=[None])
    fields: dict[str, str] | None = Field(
        description="The same by the name of each field; under the empty name, about the whole record.",
        examples=[None],
    )
    server: dict[str, Any] | None = Field(
        description="The record as it is now, where the device must change its own copy.", examples=[None]
    )
    blocked_by: int | None = Field(description="The refused change this one depends on.", examples=[None])
    in_scope: bool = Field(
        description="False: drop the record from the device, it does not belong there.", examples=[True]
    )
    inbox_id: UUID | None = Field(
        description="The entry of the inbox that keeps what was lost, for a person to decide.",
        examples=[None],
    )
    warnings: list[WarningAnswer] = Field(description="What to know although it was taken in.")


class PushAnswer(Answer):
    """A verdict for each change, in order."""

    results: list[Verdict] = Field(description="One verdict per change.")
    last: int = Field(description="The last number taken in from this stream.", examples=[1])
    revision: int = Field(description="How far the account has come.", examples=[18])


Bucket = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{2}$")]


class VerifyRequest(Wire):
    """Compare what the device holds with what it should: one question after the other, ever finer."""

    cursor: str | None = Field(
        None,
        max_length=100_000,
        description="A cursor of a consistent page; none for a new one to be used once all is repaired.",
        examples=[None],
    )
    collections: list[CollectionName] | None = Field(
        None, min_length=1, max_length=200, description="As for a pull.", examples=[None]
    )
    collection: CollectionName | None = Field(
        None, description="The collection to look into; none for the digests of all.", examples=["clients"]
    )
    held: dict[Bucket, dict[UUID, int]] | None = Field(
        None,
        description="The revision of each record the device holds in some buckets; none for all buckets'"
        " digests. A bucket is the last two digits of an id.",
        examples=[{"11": {"8a2f4f0e-4b7e-4f43-9d0f-0c7b7f5b2a11": 17}}],
    )

    @model_validator(mode="after")
    def _is_one_question(self) -> "VerifyRequest":
        """Ask for the collection in which what is held is to be compared."""
        if self.held is not None and self.collection is None:
            raise ValidationError.from_exception_data(
                "VerifyRequest", [InitErrorDetails(type="missing", loc=("collection",), input=None)]
            )
        return self


class VerifyAnswer(Answer):
    """What the device should hold, as far as it was asked, or what repairs it."""

    cursor: str = Field(
        description="To ask on with, and to pull with once all is repaired.", examples=["aeJy…"]
    )
    digests: dict[str, Digest] | None = Field(
        description="By collection, if none was named.", examples=[None]
    )
    buckets: dict[Bucket, Digest] | None = Field(
        description="By bucket, if a collection was named and nothing held; those not named are empty.",
        examples=[{"11": {"count": 1, "mark": "00c1a5e3f40b92d7"}}],
    )
    has_more: bool = Field(
        description="More differs: store this, and ask again with what is held then.", examples=[False]
    )
    changes: dict[str, CollectionChanges] = Field(description="What repairs the named buckets.")


class SyncRequest(Wire):
    """Send what the user did and ask for what changed, in one round trip."""

    push: PushRequest | None = Field(None, description="What the user did; none for nothing.")
    pull: PullRequest = Field(default_factory=PullRequest, description="What to ask for.")


class SyncAnswer(Answer):
    """The verdicts, and a page that has all that the push has changed before it."""

    push: PushAnswer | None = Field(description="The verdicts; none when nothing was sent.")
    pull: PullAnswer = Field(description="The page.")


class MemberAnswer(Answer):
    """One value and what it may be: a field of a collection, or a member of an object inside one."""

    name: str = Field(description="Its name.", examples=["last_name"])
    type: Kind = Field(description="What it holds.", examples=["text"])
    description: str = Field(description="What it means.", examples=["Family name."])
    example: Any = Field(description="A value it may have.", examples=["Doe"])
    required: bool = Field(description="A new record must have it.", examples=[True])
    nullable: bool = Field(description="It may be null.", examples=[False])
    link: str | None = Field(description="The collection it names records of.", examples=[None])
    choices: list[str] | None = Field(description="The values it may have.", examples=[None])
    max_length: int | None = Field(
        description="The most characters of a text, or entries of a list.", examples=[200]
    )
    minimum: int | date | None = Field(description="The smallest number or first date.", examples=[None])
    maximum: int | date | None = Field(description="The largest number or last date.", examples=[None])
    default: Any = Field(description="What it gets when it is left out.", examples=[None])


class FieldAnswer(MemberAnswer):
    """One field of a collection."""

    read_only: bool = Field(description="Only the server sets it.", examples=[False])
    since: int = Field(description="The schema version that introduced it.", examples=[1])
    part: str | None = Field(description="The part preferences may leave out.", examples=[None])
    members: list[MemberAnswer] | None = Field(
        description="What an object, or each object of a list, is made of.", examples=[None]
    )


class CollectionAnswer(Answer):
    """One collection a device can hold."""

    name: str = Field(description="Its name.", examples=["clients"])
    number: int = Field(description="Its rank: parents have smaller ones.", examples=[400])
    description: str = Field(
        description="What it is.", examples=["A person or business the studio works for."]
    )
    writable: bool = Field(description="Devices may push changes to it.", examples=[True])
    feature: str | None = Field(
        description="The feature rights to it are given by; none where everybody has them.",
        examples=["clients"],
    )
    part_features: dict[str, str] = Field(
        description="The features of parts that have one of their own, by part.",
        examples=[{"notes": "client_notes"}],
    )
    day: str | None = Field(description="The field that gives its records their day.", examples=[None])
    since: int = Field(description="The schema version that introduced it.", examples=[1])
    fields: list[FieldAnswer] = Field(description="Its fields, in order.")


class CommandAnswer(Answer):
    """Something that can be done to a record beside setting its fields."""

    name: str = Field(description="Its name.", examples=["resolve"])
    collections: list[str] = Field(description="Whose records it is for.", examples=[["inbox"]])
    description: str = Field(
        description="What it does.", examples=["Decide what becomes of an entry of the inbox."]
    )
    level: Level = Field(
        description="The level of the collection's feature its user needs.", examples=["add_modify"]
    )
    needs: dict[str, Level] = Field(
        description="What levels of other features it needs besides.",
        examples=[{"client_merge": "full_access"}],
    )
    fields: list[MemberAnswer] = Field(description="What is sent along, in `fields`.")


class Manifest(Answer):
    """All that can be synced."""

    schema_version: int = Field(description="The newest schema version.", examples=[1])
    minimum_schema_version: int = Field(description="Older apps are refused.", examples=[1])
    limits: SyncLimits = Field(description="How much may be asked or sent at once.")
    collections: list[CollectionAnswer] = Field(description="Parents first.")
    commands: list[CommandAnswer] = Field(description="What can be done to records, by name.")
