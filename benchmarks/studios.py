"""Studios made for a measure, with phones that have signed in, and what those push."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import orjson

from app.accounts.devices import authorize
from app.accounts.lifecycle import create_account
from app.accounts.models import Account
from app.accounts.users import NewUser, create_user
from app.core.principal import Principal
from app.sync.store import Write, write
from benchmarks.ground import Ground
from benchmarks.wire import Lines, Reply

PASSWORD = "a long walk by the sea"  # noqa: S105 - of accounts that live for minutes
_PER_LICENCE = 2
_DAY = 28
_PHOTOGRAPHER = "SELECT user_id FROM users WHERE account_id = $1 AND initials = 'PK'"
Fields = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Studio:
    """An account that is pushed to: a client and a member of staff whom changes name."""

    account_id: UUID
    client_id: str
    user_id: str

    def clients(self, n: int) -> Fields:
        """Return a change that makes a client, about as large as a payment of our peers."""
        return _create("clients", **client_fields(n))

    def work(self, n: int) -> Fields:
        """Return a change as a day's work has them: a client, a booking, a task, a call."""
        about: Fields = {"client_id": self.client_id}
        when: Fields = {"date": f"20{30 + n // 336 % 60}-{n // 28 % 12 + 1:02}-{n % _DAY + 1:02}"}
        hour = n // 20_160 % 24
        when |= {"start_time": f"{hour:02}:00:00", "end_time": f"{hour:02}:45:00"}
        makers: Sequence[Callable[[], Fields]] = (
            partial(self.clients, n),
            partial(
                _create, "sessions", **about, **when, description="Portrait", photographer_id=self.user_id
            ),
            partial(
                _create, "appointments", **about, **when, description="Ordering", user_ids=[self.user_id]
            ),
            partial(_create, "tasks", **about, subject="Order frames"),
            partial(_create, "phone_calls", **about, subject="Confirm", date=when["date"]),
        )
        return makers[n % len(makers)]()


Made = Callable[[int], Fields]


@dataclass
class Phone:
    """A phone that makes records, and knows its next number."""

    lines: Lines
    next: int = 1

    async def push(self, made: Made, numbers: "count[int]", size: int) -> Reply:
        """Make some records; what was not taken in is sent with the same numbers next time."""
        changes = [{"n": n, **made(next(numbers))} for n in range(self.next, self.next + size)]
        body = orjson.dumps({"first": self.next, "changes": changes})
        reply = await self.lines.post("/v1/sync/push", body)
        if reply.is_accepted:
            verdicts = {each["verdict"] for each in orjson.loads(reply.body)["results"]}
            if verdicts != {"applied"}:
                raise ValueError(f"a push that is measured must be applied, not {verdicts}")
            self.next += size
        return reply


def client_fields(n: int) -> Fields:
    """Return the fields of a client."""
    return {
        "client_type": "consumer",
        "first_name": "Ada",
        "last_name": f"Client {n}",
        "job_title": "Portrait wedding deposit",
        "company_name": f"Album {n} and Frame",
        "student_id": f"S-{n}",
        "birthday": f"19{50 + n % 50}-06-21",
        "anniversary": f"20{n % 25:02}-05-15",
        "call_warning": "deposit album print frame session balance",
        "notes": "wedding portrait gallery rush deposit album print frame session",
    }


async def new_account(ground: Ground, name: str, licences: int = 1) -> Account:
    """Return a new account with an administrator JD."""
    return await create_account(
        ground.database,
        account_name=name,
        company_name="Measured",
        time_zone="America/New_York",
        country="US",
        licences=licences,
        administrator=NewUser("JD", PASSWORD, "Jo", "Doe"),
    )


async def new_studio(ground: Ground, name: str, phones: int) -> tuple[UUID, list[Lines]]:
    """Return a new account and lines of its phones."""
    account = await new_account(ground, name, max(1, phones // _PER_LICENCE))
    user = await create_user(ground.database, account, NewUser("PK", PASSWORD, "Pat", "Kerr"))
    who = Principal.system(account.account_id)
    for _ in range(phones):
        async with ground.database.writing(account.account_id) as session:
            await authorize(session, who, user.user_id, None)
    lines = [await ground.phone(name, "PK", PASSWORD) for _ in range(phones)]
    return account.account_id, lines


async def open_studio(ground: Ground, name: str, phones: int) -> tuple[Studio, list[Phone]]:
    """Return a studio with a client and a member of staff, and phones that have signed in."""
    account_id, lines = await new_studio(ground, name, phones)
    async with ground.database.writing(account_id) as session:
        user_id = await session.raw.fetchval(_PHOTOGRAPHER, account_id)
        client_id = uuid4()
        await write(
            session, Principal.system(account_id), [Write("clients", client_id, {"last_name": "Hartley"})]
        )
    return Studio(account_id, str(client_id), str(user_id)), [Phone(each) for each in lines]


def _create(collection: str, **fields: Any) -> Fields:
    return {"collection": collection, "id": str(uuid4()), "op": "create", "fields": fields}
