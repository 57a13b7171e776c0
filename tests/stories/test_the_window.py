"""Ten days of a studio in June, told by what two phones of one photographer hold.

The company keeps two days back and three ahead, and no client for its own sake: clients are there while
something goes on with them, or is to come. Nobody deletes anything.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest
from fastapi import FastAPI

from app.core.db import Database
from app.sync.store import Write
from tests.accounts.studios import Studio, bearer, new_studio
from tests.contract.records import by_server
from tests.samples import sample

ZONE = ZoneInfo("America/Denver")
NOTHING: set[str] = set()


@dataclass
class Pulled:
    """What one pull to a consistent point carried, by the story's names, and how many rows that were."""

    put: set[str] = field(default_factory=set)
    evicted: set[str] = field(default_factory=set)
    rows: int = 0
    day: str = ""


@dataclass
class Phone:
    """A phone of the photographer's, which signs in anew each morning."""

    story: "Story"
    name: str
    uid: UUID = field(default_factory=uuid4)
    device_id: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    cursor: str | None = None
    records: dict[str, dict[str, Any]] = field(default_factory=dict)
    next: int = 1

    async def wake(self) -> None:
        """Sign in: yesterday's token has ended."""
        answer = await self.story.studio.signed_in(device=self.story.studio.phone(self.uid))
        self.device_id, self.headers = answer["device"]["id"], bearer(answer)

    async def ask(self) -> httpx.Response:
        """Ask for one page."""
        http = self.story.studio.client
        return await http.post("/v1/sync/pull", json={"cursor": self.cursor}, headers=self.headers)

    async def pull(self) -> Pulled:
        """Pull to a consistent point; nothing in this story is ever deleted."""
        pulled, has_more = Pulled(), True
        while has_more:
            answer = await self.ask()
            assert answer.status_code == 200, f"{self.name} was refused: {answer.text}"
            page = answer.json()
            self._keep(page, pulled)
            self.cursor, has_more, pulled.day = page["cursor"], page["has_more"], page["scope"]["day"]
        return pulled

    def _keep(self, page: dict[str, Any], pulled: Pulled) -> None:
        if page["replace"]:
            self.records.clear()
        for collection, changes in page["changes"].items():
            assert changes["del"] == [], f"{self.name} was told that {collection} were deleted; none were"
            for record in changes["put"]:
                self.records[record["id"]] = record
            for record_id in changes["evict"]:
                assert record_id in self.records, f"{self.name} was told to drop what it did not hold"
                del self.records[record_id]
            pulled.put |= self.story.called(record["id"] for record in changes["put"])
            pulled.evicted |= self.story.called(changes["evict"])
            pulled.rows += len(changes["put"]) + len(changes["evict"])

    async def patch(self, collection: str, name: str, **fields: Any) -> dict[str, Any]:
        """Push one change of a record as the phone knows it; return its verdict."""
        record = self.records[self.story.ids[name]]
        change = {
            "n": self.next, "collection": collection, "id": record["id"], "op": "patch",
            "base_revision": record["revision"], "fields": fields,
        }  # fmt: skip
        body = {"stream": str(self.uid), "first": self.next, "changes": [change]}
        answer = await self.story.studio.client.post("/v1/sync/push", json=body, headers=self.headers)
        self.next += 1
        [verdict] = answer.json()["results"]
        return dict(verdict)

    @property
    def holds(self) -> set[str]:
        """Return what of the story is on the phone."""
        return self.story.called(self.records)


@dataclass
class Story:
    """The studio, its two phones, and the names by which the story knows its records."""

    studio: Studio
    hold: Callable[[datetime], None]
    ids: dict[str, str] = field(default_factory=dict)
    written: dict[str, int] = field(default_factory=dict)
    desk: dict[str, str] = field(default_factory=dict)
    phones: list[Phone] = field(default_factory=list)

    async def begin_day(self, day: int, *, hour: int = 8) -> None:
        """Begin a day in June at an hour of local time: everybody signs in again."""
        self.hold(datetime(2026, 6, day, hour, 0, tzinfo=ZONE))
        self.desk = await self.studio.administrator()
        for phone in self.phones:
            await phone.wake()

    async def write(self, collection: str, name: str, **fields: Any) -> None:
        """Write a new record, or some fields of one the story knows already."""
        is_new = name not in self.ids
        record_id = self.ids.setdefault(name, str(uuid4()))
        whole = sample(collection, **fields) if is_new else fields
        self.written[collection] = self.written.get(collection, 0) + is_new
        await by_server(self.studio, Write(collection, UUID(record_id), whole))

    def id_of(self, name: str) -> str:
        return self.ids[name]

    def called(self, ids: Any) -> set[str]:
        """Return the story's names of some records; the studio's lists have none."""
        names = {record_id: name for name, record_id in self.ids.items()}
        return {names[each] for each in ids if each in names}

    async def prefer(self, phone: Phone | None = None, **values: Any) -> httpx.Response:
        """Set preferences: the company's by its administrator, or a phone's own by itself."""
        path = "/v1/preferences" if phone is None else f"/v1/devices/{phone.device_id}/preferences"
        headers = self.desk if phone is None else phone.headers
        return await self.studio.client.put(path, headers=headers, json=values)

    async def pulled(self) -> list[Pulled]:
        """Let both phones pull."""
        return [await phone.pull() for phone in self.phones]

    async def everybody_gets(self, *, put: set[str] = NOTHING, evicted: set[str] = NOTHING, why: str) -> None:
        """Both phones pull, and these records come and go and no others, lists included."""
        for phone, pulled in zip(self.phones, await self.pulled(), strict=True):
            assert pulled.put == put, f"{phone.name}: {why}"
            assert pulled.evicted == evicted, f"{phone.name}: {why}"
            assert pulled.rows == len(put) + len(evicted), f"{phone.name} got more than that: {why}"

    async def on_the_server(self) -> dict[str, int]:
        """Return how many living records of each kind in the story the server has."""
        rows = {}
        for collection in self.written:
            sql = f'SELECT count(*) FROM "{collection}" WHERE account_id = $1'
            rows[collection] = (await self.studio.execute(sql))[0]["count"]
        [dead] = await self.studio.execute("SELECT count(*) FROM feed WHERE account_id = $1 AND is_deleted")
        assert dead["count"] == 0, "the server remembers a deletion, and there was none"
        return rows


@pytest.fixture
async def story(
    database: Database, house: FastAPI, http: httpx.AsyncClient, hold: Callable[[datetime], None]
) -> Story:
    """Open the studio on Monday, the first of June."""
    hold(datetime(2026, 6, 1, 8, 0, tzinfo=ZONE))
    told = Story(await new_studio(database, http, house.state.keys), hold)
    await told.studio.authorize()
    told.phones = [Phone(told, "the phone"), Phone(told, "the tablet")]
    await told.begin_day(1)
    return told


async def test_the_window(story: Story) -> None:
    await monday_the_studio_opens(story)
    await tuesday_preferences_are_lowered_and_raised(story)
    await wednesday_a_session_enters_at_the_leading_edge(story)
    await thursday_a_session_leaves_at_the_trailing_edge(story)
    await friday_a_session_is_moved(story)
    await saturday_an_invoice_is_paid(story)
    await sunday_a_task_is_completed(story)
    await monday_the_tablet_narrows_its_own(story)
    await tuesday_texts_of_emails_go_and_come_back(story)
    await wednesday_everybody_starts_again_once(story)


async def monday_the_studio_opens(story: Story) -> None:
    """Let a first sync bring what lies in the window, what is always at hand, and their clients."""
    answer = await story.prefer(
        clients_scope="groups",
        clients_group_ids=[],
        sessions_past_days=2,
        sessions_future_days=3,
        tasks_completed_days=2,
        invoices_past_days=2,
        payments_past_days=2,
    )
    assert answer.status_code == 200, answer.text
    for client in ("Ann", "Ben", "Cleo", "Dora", "Eva", "Finn"):
        await story.write("clients", client, first_name=client)
    ann, ben, cleo, dora, eva = (story.id_of(name) for name in ("Ann", "Ben", "Cleo", "Dora", "Eva"))
    await story.write("sessions", "Ann's wedding", client_id=ann, date="2026-06-01")
    await story.write("sessions", "Ben's portrait", client_id=ben, date="2026-06-06")
    await story.write("sessions", "Eva's newborn", client_id=eva, date="2026-06-07")
    await story.write("tasks", "Order Cleo's frames", client_id=cleo, complete_date=None)
    await story.write(
        "invoices", "Dora's album", client_id=dora, invoice_date="2026-05-01",
        lines=[{"id": ann, "item": "AL-1", "description": "Album", "quantity": 1, "unit_price": 4180}],
    )  # fmt: skip
    await story.write("emails", "the lab's offer", date="2026-06-01", body="Frames at half the price.")
    await story.write("emails", "an empty reminder", date="2026-06-01", body=None, html=None)
    for phone, pulled in zip(story.phones, await story.pulled(), strict=True):
        assert pulled.day == "2026-06-01"
        assert phone.holds == {
            "Ann", "Ann's wedding", "Cleo", "Order Cleo's frames", "Dora", "Dora's album",
            "the lab's offer", "an empty reminder", "Ben", "Eva",
        }, f"{phone.name}: Ben and Eva are to come, but too far ahead; nothing goes on with Finn"  # fmt: skip
    await story.everybody_gets(why="nothing has happened since")


async def tuesday_preferences_are_lowered_and_raised(story: Story) -> None:
    """Let lowering cost its evictions, raising the same records again, and what is refused nothing."""
    await story.begin_day(2)
    await story.everybody_gets(why="no session lies on the days that came and went")
    await story.prefer(sessions_past_days=0)
    await story.everybody_gets(
        evicted={"Ann", "Ann's wedding"}, why="yesterday's wedding is past, and Ann came with it alone"
    )
    await story.prefer(sessions_past_days=2)
    await story.everybody_gets(put={"Ann", "Ann's wedding"}, why="two days back again")
    refused: list[tuple[dict[str, Any], str]] = [
        ({"sessions_past_days": 3651}, "body.sessions_past_days"),
        ({"sessions_future_days": -1}, "body.sessions_future_days"),
        ({"most_sessions": 10}, "body.most_sessions"),
    ]
    for values, path in refused:
        answer = await story.prefer(**values, emails_past_days=0)
        told = answer.json()
        assert answer.status_code == 422, f"{values}: out of range, unknown, or a window ending too early"
        assert [each["path"] for each in told["fields"]] == [path], told
    await story.everybody_gets(why="of a refused change nothing is kept")


async def wednesday_a_session_enters_at_the_leading_edge(story: Story) -> None:
    """Let nothing move before midnight; with the new day comes the session three days ahead."""
    await story.begin_day(2, hour=23)
    await story.everybody_gets(why="it is still Tuesday in Denver, though not in London")
    await story.begin_day(3, hour=0)
    await story.everybody_gets(
        put={"Ben's portrait"}, why="Saturday is three days ahead; Ben is there already"
    )


async def thursday_a_session_leaves_at_the_trailing_edge(story: Story) -> None:
    """Let one day move both edges: Sunday's session enters, Monday's leaves and takes its client along."""
    await story.begin_day(4)
    await story.everybody_gets(
        put={"Eva's newborn"},
        evicted={"Ann", "Ann's wedding"},
        why="Sunday is three days ahead, Monday three days ago, and nothing else goes on with Ann",
    )


async def friday_a_session_is_moved(story: Story) -> None:
    """Let a session move out of the window and back, and a booking for today bring its client."""
    await story.begin_day(5)
    await story.everybody_gets(why="nothing lies on Monday or on last Tuesday")
    await story.write("sessions", "Ben's portrait", date="2026-06-20")
    await story.everybody_gets(
        put={"Ben"}, evicted={"Ben's portrait"}, why="in two weeks is too far ahead; Ben's latest day moves"
    )
    await story.write("sessions", "Ben's portrait", date="2026-06-05")
    await story.everybody_gets(put={"Ben", "Ben's portrait"}, why="he can come today after all")
    await story.write("sessions", "Finn's headshot", client_id=story.id_of("Finn"), date="2026-06-05")
    await story.everybody_gets(
        put={"Finn", "Finn's headshot"}, why="Finn walks in and comes with his session"
    )


async def saturday_an_invoice_is_paid(story: Story) -> None:
    """Let an old invoice be at hand while it is owed, then for as long as its payment is."""
    await story.begin_day(6)
    await story.everybody_gets(why="nothing moved overnight")
    dora, album = story.id_of("Dora"), story.id_of("Dora's album")
    await story.write("invoices", "Dora's album", paid=4180, balance_due=0)
    await story.everybody_gets(
        evicted={"Dora", "Dora's album"}, why="the album is of May and nothing is owed any more"
    )
    await story.write(
        "payments", "Dora's payment", client_id=dora, invoice_id=album, date="2026-06-06", amount=4180,
        state="approved",
    )  # fmt: skip
    await story.everybody_gets(
        put={"Dora", "Dora's album", "Dora's payment"}, why="a payment brings its invoice and its client"
    )


async def sunday_a_task_is_completed(story: Story) -> None:
    """Let a phone complete a task, which both keep for two more days."""
    await story.begin_day(7)
    await story.everybody_gets(why="nothing moved overnight")
    [phone, _] = story.phones
    verdict = await phone.patch("tasks", "Order Cleo's frames", complete_date="2026-06-07")
    assert (verdict["verdict"], verdict["in_scope"]) == ("applied", True)
    await story.everybody_gets(
        put={"Cleo", "Order Cleo's frames"}, why="the task is done; Cleo stays for as long as it does"
    )


async def monday_the_tablet_narrows_its_own(story: Story) -> None:
    """Let the tablet go without what the phone keeps; wider than the company it cannot go."""
    await story.begin_day(8)
    await story.everybody_gets(
        evicted={"Ben", "Ben's portrait", "Finn", "Finn's headshot"},
        why="Friday is three days ago, and clients leave with the last that goes on with them",
    )
    [phone, tablet] = story.phones
    answer = await story.prefer(tablet, sessions_past_days=0)
    assert answer.status_code == 200, answer.text
    assert (await phone.pull()).rows == 0, "what the tablet prefers is nothing to the phone"
    pulled = await tablet.pull()
    assert (pulled.evicted, pulled.rows) == ({"Eva", "Eva's newborn"}, 2), "yesterday is past on the tablet"
    answer = await story.prefer(tablet, sessions_past_days=3)
    assert (answer.status_code, answer.json()["code"]) == (422, "device_widens"), "the company says two days"
    assert answer.json()["fields"] == [{"path": "body.sessions_past_days", "code": "widens"}]
    await story.prefer(tablet, sessions_past_days=None)
    pulled = await tablet.pull()
    assert (pulled.put, pulled.rows) == ({"Eva", "Eva's newborn"}, 2), "as the company has it again"
    assert phone.holds == tablet.holds


async def tuesday_texts_of_emails_go_and_come_back(story: Story) -> None:
    """Let only emails that have a text be sent again; and what was paid on Saturday leaves."""
    await story.begin_day(9)
    await story.everybody_gets(
        evicted={"Dora", "Dora's album", "Dora's payment"}, why="the payment is three days old"
    )
    offer = story.id_of("the lab's offer")
    await story.prefer(email_bodies="headers")
    await story.everybody_gets(put={"the lab's offer"}, why="the reminder has no text to lose")
    assert all("body" not in phone.records[offer] for phone in story.phones), "headers have no text"
    await story.prefer(email_bodies="full")
    await story.everybody_gets(put={"the lab's offer"}, why="its text comes back")
    assert {phone.records[offer]["body"] for phone in story.phones} == {"Frames at half the price."}


async def wednesday_everybody_starts_again_once(story: Story) -> None:
    """Let a forced resync be obeyed once; at the end the server has all that was ever written."""
    await story.begin_day(10)
    await story.everybody_gets(
        evicted={"Cleo", "Order Cleo's frames", "Eva", "Eva's newborn"},
        why="Sunday's task and session are three days old",
    )
    await story.prefer(force_full_resync=True)
    for phone in story.phones:
        before, answer = phone.holds, await phone.ask()
        told = answer.json()
        assert (answer.status_code, told["code"], told["reason"]) == (410, "resync_required", "admin_request")
        phone.cursor = None
        pulled = await phone.pull()
        assert pulled.put == phone.holds == before, f"{phone.name} starts again and holds the same"
    await story.everybody_gets(why="once is enough")
    assert all(phone.holds == {"the lab's offer", "an empty reminder"} for phone in story.phones)
    assert await story.on_the_server() == story.written, "no preference and no day deletes anything"
