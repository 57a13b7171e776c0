"""Letters leave once, say on their record where they stand, and wait where they must."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from app.automations.acting import Errand, Order, make
from app.automations.reaching import Act, Person, Way
from app.automations.saying import Words
from app.core import clock
from app.core.db import WriteSession
from app.core.principal import Principal
from app.outbox import marking
from app.outbox.claiming import Claimed, give_up_late
from app.outbox.hosts import Hosts
from app.outbox.mail.way import EmailWay
from app.outbox.posting import cancel
from app.outbox.states import Purpose
from app.outbox.worker import Outbox
from app.sync.store import Write, write
from app.sync.upkeep import rebuild
from app.templates.merging import Merged
from tests.contract.phones import signed_in
from tests.outbox.posting import FROM, LAURA, Office, later
from tests.outbox.sinks import HANG, LOSE, TWICE
from tests.samples import named

AIDEN = "aiden@hartley.example"


async def test_an_email_written_offline_is_sent_once_and_says_so(office: Office) -> None:
    phone = await signed_in(office.studio)
    email = str(uuid4())
    fields = {"date": "2026-05-04", "subject": "Ready", "body": "Dear Laura", "to_addresses": [LAURA]}
    await phone.must_push({"collection": "emails", "id": email, "op": "create", "fields": fields})
    await office.works()
    await office.works()
    [arrived] = office.sink.letters
    assert (arrived.sender, arrived.recipients) == (FROM, [LAURA])
    assert (arrived.message["Subject"], arrived.text.strip()) == ("Ready", "Dear Laura")
    assert arrived.message["Message-ID"] == f"<{email}@harbor.example>"
    record = await office.email(email)
    assert (record["delivery_state"], record["delivery_error"], record["from_address"]) == (
        "sent",
        None,
        None,
    )
    assert record["sent_at"]
    assert await office.due() is None


async def test_copies_are_named_and_hidden_ones_are_not(office: Office) -> None:
    await office.writes(LAURA, cc_addresses=[AIDEN], bcc_addresses=["boss@harbor.example"], html="<b>Hi</b>")
    await office.works()
    [arrived] = office.sink.letters
    assert arrived.recipients == [LAURA, AIDEN, "boss@harbor.example"]
    assert (arrived.message["To"], arrived.message["Cc"]) == (LAURA, AIDEN)
    assert "boss" not in str(arrived.message)
    html = arrived.message.get_body(("html",))
    assert html is not None
    assert "<b>Hi</b>" in html.get_content()


async def test_only_an_address_beyond_ascii_asks_for_a_server_that_takes_it(office: Office) -> None:
    """Else a server on the way that cannot take it would have the letter come back."""
    await office.writes(subject="Grüße von Jörg")
    await office.works()
    [arrived] = office.sink.letters
    assert "SMTPUTF8" not in office.sink.options
    assert arrived.message["Subject"] == "Grüße von Jörg"
    assert b"Gr\xc3" not in arrived.raw
    await office.writes("jörg@hartley.example")
    await office.works()
    assert "SMTPUTF8" in office.sink.options
    assert office.sink.letters[1].recipients == ["jörg@hartley.example"]


async def test_what_was_taken_back_in_time_is_not_sent(office: Office) -> None:
    email = await office.writes()
    answer = await office.desk.ask("POST", f"emails/{email}/take_back", {}, if_match="*")
    assert answer.status_code == 200, answer.text
    await office.works()
    assert office.sink.letters == []
    answer = await office.desk.ask("POST", f"emails/{email}/send", {}, if_match="*")
    assert answer.status_code == 200, answer.text
    await office.works()
    assert len(office.sink.letters) == 1


async def test_what_was_deleted_is_not_sent_and_leaves_nothing(office: Office) -> None:
    email = await office.writes()
    assert (await office.desk.delete(named("emails"), email)).status_code == 204
    await office.works()
    assert office.sink.letters == []
    assert not await office.studio.execute("SELECT FROM letters WHERE account_id = $1")


async def test_an_address_there_is_not_is_told_and_blocked(office: Office) -> None:
    office.sink.at_rcpt[LAURA] = "550 5.1.1 No such user"
    email = await office.writes()
    await office.works()
    record = await office.email(email)
    assert (record["delivery_state"], record["delivery_error"]) == ("failed", "The address does not exist.")
    office.sink.at_rcpt.clear()
    again = await office.writes("Laura@Hartley.example")
    await office.works()
    record = await office.email(again)
    assert record["delivery_state"] == "blocked"
    bypassing = await office.writes(is_block_bypassed=True)
    await office.works()
    assert (await office.email(bypassing))["delivery_state"] == "blocked"
    gone = await office.desk.ask("DELETE", f"letter-blocks?address={LAURA}")
    assert gone.status_code == 204
    await office.desk.ask("POST", "letter-blocks", {"address": LAURA})
    bypassing = await office.writes(is_block_bypassed=True)
    await office.works()
    assert (await office.email(bypassing))["delivery_state"] == "sent"


@pytest.mark.parametrize(
    "answer, state, told",
    [
        ("452 4.2.2 Over quota", "queued", "The mailbox is full."),
        ("552 5.2.2 Over quota", "failed", "The mailbox is full."),
        ("450 4.7.1 Try later", "queued", "The mail server asks for patience."),
    ],
)
async def test_a_full_mailbox_waits_or_fails_and_is_not_blocked(
    office: Office, answer: str, state: str, told: str
) -> None:
    office.sink.at_rcpt[LAURA] = answer
    full, other = await office.writes(), await office.writes(AIDEN)
    await office.works()
    record = await office.email(full)
    assert (record["delivery_state"], record["delivery_error"]) == (state, told)
    assert (await office.email(other))["delivery_state"] == "sent"
    assert not await office.studio.execute("SELECT FROM letter_blocks WHERE account_id = $1")


async def test_a_letter_is_tried_for_days_and_then_given_up(office: Office) -> None:
    office.sink.at_rcpt[LAURA] = "452 4.2.2 Over quota"
    clock.hold(clock.now())
    email = await office.writes()
    tries, began = 0, clock.now()
    while (due := await office.due()) is not None:
        clock.hold(max(due, clock.now()))
        await office.works()
        tries += 1
    assert timedelta(days=4) < clock.now() - began <= timedelta(days=5)
    assert 25 < tries < 45
    record = await office.email(email)
    assert (record["delivery_state"], record["delivery_error"]) == ("failed", "The mailbox is full.")


async def test_of_letters_whose_time_is_over_none_is_sent_however_many(office: Office) -> None:
    clock.hold(clock.now())
    for _ in range(60):
        await office.posts()
    kept = await office.posts(expires_at=clock.now() + timedelta(days=3))
    later(days=2)
    while (due := await office.due()) is not None and due <= clock.now():
        await office.works()
    assert [each.message["Message-ID"] for each in office.sink.letters] == [f"<{kept}@harbor.example>"]
    rows = await office.studio.execute(
        "SELECT last_code, count(*) AS letters FROM letters WHERE account_id = $1 GROUP BY last_code"
    )
    assert {row["last_code"]: row["letters"] for row in rows} == {"too_late": 60, None: 1}


async def test_whom_it_did_not_reach_is_told_and_the_others_have_it(office: Office) -> None:
    office.sink.at_rcpt[AIDEN] = "550 5.1.1 No such user"
    office.sink.at_rcpt[LAURA] = "451 4.3.0 Later"
    clock.hold(clock.now())
    email = await office.writes("mum@hartley.example", AIDEN, LAURA)
    await office.works()
    assert (await office.email(email))["delivery_state"] == "queued"
    office.sink.at_rcpt.clear()
    later(minutes=2)
    await office.works()
    first, second = office.sink.letters
    assert (first.recipients, second.recipients) == (["mum@hartley.example"], [LAURA])
    assert first.message["Message-ID"] == second.message["Message-ID"]
    record = await office.email(email)
    assert record["delivery_state"] == "sent"
    assert record["delivery_error"] == f"Not everybody got it: {AIDEN} (The address does not exist.)"


async def test_a_server_that_is_away_for_an_hour_fails_nothing_and_keeps_the_order(office: Office) -> None:
    clock.hold(clock.now())
    began = clock.now()
    emails = []
    for n in range(3):
        emails.append(await office.writes(subject=f"Letter {n}"))
        later(seconds=1)
    office.sink.at_mail = "421 4.3.2 Closing"
    tries = 0
    while clock.now() < began + timedelta(hours=1) or tries % len(emails) != 1:
        due = await office.due()
        assert due is not None
        clock.hold(max(due, clock.now()))
        await office.works()
        tries += 1
    assert {(await office.email(each))["delivery_state"] for each in emails} == {"queued"}
    office.sink.at_mail = None
    while (due := await office.due()) is not None:
        clock.hold(max(due, clock.now()))
        await office.works()
    assert [each.message["Subject"] for each in office.sink.letters] == ["Letter 0", "Letter 1", "Letter 2"]
    assert clock.now() - began < timedelta(hours=1, minutes=44)


async def test_what_may_have_been_taken_in_is_sent_again_under_the_same_name(office: Office) -> None:
    clock.hold(clock.now())
    office.sink.at_data = LOSE
    email = await office.writes()
    await office.works()
    assert (await office.email(email))["delivery_state"] == "queued"
    office.sink.at_data = None
    later(minutes=6)
    await office.works()
    first, second = office.sink.letters
    assert first.message["Message-ID"] == second.message["Message-ID"]
    assert (await office.email(email))["delivery_state"] == "sent"


async def test_an_answer_to_another_letter_is_not_taken_for_one_to_this(office: Office) -> None:
    clock.hold(clock.now())
    office.sink.at_data = TWICE
    first, second = await office.writes(subject="First"), await office.writes(subject="Second")
    await office.works()
    states = {(await office.email(each))["delivery_state"] for each in (first, second)}
    assert states == {"sent", "queued"}, "only one of them was taken in"
    office.sink.at_data = None
    later(minutes=2)
    await office.works()
    assert sorted(each.message["Subject"] for each in office.sink.letters) == ["First", "Second"]


async def test_a_claim_that_was_left_ends_and_the_letter_is_sent(office: Office) -> None:
    clock.hold(clock.now())
    email = await office.writes()
    await office.studio.execute(
        "UPDATE letters SET state = 'sending', claim = $2, due_at = $3 WHERE account_id = $1",
        uuid4(),
        clock.now() + timedelta(seconds=7),
    )
    await office.works()
    assert office.sink.letters == []
    due = await office.due()
    assert due == clock.now() + timedelta(seconds=7)
    later(seconds=8)
    await office.works()
    assert (await office.email(email))["delivery_state"] == "sent"


async def test_without_a_server_letters_wait_and_the_lane_says_why(office: Office) -> None:
    clock.hold(clock.now())
    email = await office.writes()
    by_relay = office.outbox.ways
    office.outbox.ways = [EmailWay(office.outbox.vault, Hosts(), None, None)]
    await office.works()
    [lane] = await office.studio.execute("SELECT * FROM letter_lanes WHERE account_id = $1")
    assert (lane["closed_code"], await office.due()) == ("no_mail_server", lane["closed_until"])
    assert (await office.email(email))["delivery_state"] == "queued"
    office.outbox.ways = by_relay
    later(hours=2)
    await office.works()
    assert (await office.email(email))["delivery_state"] == "sent"


async def test_letters_of_no_record_go_by_their_own_words(office: Office) -> None:
    first = await office.posts(purpose=Purpose.NOTICE)
    async with office.studio.database.writing(office.account_id) as session:
        assert await cancel(session, [first, uuid4()]) == {first}
    await office.posts()
    await office.works()
    [arrived] = office.sink.letters
    assert (arrived.message["Subject"], arrived.message["Auto-Submitted"]) == ("A word", "auto-generated")
    async with office.studio.database.writing(office.account_id) as session:
        assert await cancel(session, [first]) == set()


async def test_a_server_that_says_nothing_holds_a_letter_up_no_longer_than_it_may(office: Office) -> None:
    clock.hold(clock.now())
    office.sink.at_mail, office.outbox.seconds = HANG, 0.5
    email = await office.writes()
    await office.works()
    office.sink.at_mail, office.outbox.seconds = None, 5
    assert (await office.email(email))["delivery_error"] == "The mail server cannot be reached."
    later(minutes=2)
    await office.works()
    assert (await office.email(email))["delivery_state"] == "sent"
    assert len(office.sink.letters) == 1


async def test_on_a_developer_s_machine_a_letter_is_kept_as_a_file_and_says_so(
    office: Office, tmp_path: Path
) -> None:
    email = await office.writes()
    by_relay = office.outbox.ways
    office.outbox.ways = [EmailWay(office.outbox.vault, Hosts(), None, tmp_path)]
    await office.works()
    office.outbox.ways = by_relay
    record = await office.email(email)
    assert (record["delivery_state"], record["delivery_error"]) == (
        "sent",
        "Not really sent: kept as a file.",
    )
    name, text = _only_file(tmp_path)
    assert (name, LAURA in text) == (f"{email}.eml", True)
    assert office.sink.letters == []


def _only_file(folder: Path) -> tuple[str, str]:
    [kept] = folder.rglob("*.*")
    return kept.name, kept.read_text()


async def test_what_an_import_brings_is_not_sent(office: Office) -> None:
    email, fields = uuid4(), {"date": "2020-05-04", "subject": "Long ago", "to_addresses": [LAURA]}
    async with office.studio.database.writing(office.account_id) as session:
        session.brings_history = True
        await write(session, Principal.system(office.account_id), [Write("emails", email, fields)])
    changed = await office.desk.change(named("emails"), email, {"category": "Old"})
    assert changed.status_code == 200, changed.text
    await office.works()
    assert (office.sink.letters, await office.due()) == ([], None)


async def test_what_is_mended_is_no_news_and_not_sent(office: Office) -> None:
    fields = {"date": "2020-05-04", "subject": "Long ago", "to_addresses": [LAURA]}
    email, who = uuid4(), Principal.system(office.account_id)
    async with office.studio.database.writing(office.account_id) as session:
        session.brings_history = True
        await write(session, who, [Write("emails", email, fields)])
    await office.studio.execute("DELETE FROM feed WHERE account_id = $1 AND record_id = $2", email)
    assert (await rebuild(office.studio.database, who)).records == 1
    assert await office.due() is None
    assert not await office.studio.execute("SELECT FROM letters WHERE account_id = $1")


async def test_history_that_goes_takes_its_letter_along(office: Office) -> None:
    email, who = await office.writes(), Principal.system(office.account_id)
    async with office.studio.database.writing(office.account_id) as session:
        session.brings_history = True
        await write(session, who, [Write("emails", UUID(email), None)])
    assert not await office.studio.execute("SELECT FROM letters WHERE account_id = $1")


async def test_a_letter_of_a_client_that_was_merged_is_sent_once(office: Office) -> None:
    gone, stays = await office.client(), await office.client(email="other@hartley.example")
    email = await office.writes(client_id=gone["id"])
    merged = await office.desk.ask("POST", f"clients/{gone['id']}/merge", {"into": stays["id"]}, if_match="*")
    assert merged.status_code == 200, merged.text
    for _ in range(2):
        await office.works()
    assert [each.recipients for each in office.sink.letters] == [[LAURA]]
    record = await office.email(email)
    assert (record["client_id"], record["delivery_state"]) == (stays["id"], "sent")
    assert str((await office.letter(email))["client_id"]) == stays["id"]


async def test_a_client_s_letters_go_with_the_client_and_move_with_a_merge(office: Office) -> None:
    gone, stays = await office.client(), await office.client(email="other@hartley.example")
    of_merged = await office.posts(client_id=UUID(gone["id"]), due_at=clock.now() + timedelta(days=1))
    merged = await office.desk.ask("POST", f"clients/{gone['id']}/merge", {"into": stays["id"]}, if_match="*")
    assert merged.status_code == 200, merged.text
    assert str((await office.letter(of_merged))["client_id"]) == stays["id"]
    assert (await office.desk.delete(named("clients"), stays["id"])).status_code == 204
    assert not await office.studio.execute("SELECT FROM letters WHERE account_id = $1")


@pytest.mark.parametrize("is_bulk", [False, True])
async def test_what_was_made_by_itself_and_is_edited_says_what_it_says_now(
    office: Office, *, is_bulk: bool
) -> None:
    made = uuid4()
    words = Words(Merged("An old subject", "Old words", "<p>Old words</p>"), "An old subject")
    order = Order(made, Way(Act.EMAIL, LAURA), Person("Laura", email=LAURA), {}, words)
    async with office.studio.database.writing(office.account_id) as session:
        who = Principal.system(office.account_id, time_zone="UTC")
        await make(session, who, Errand(Purpose.TRIGGER, is_bulk=is_bulk), [order])
    edited = {"subject": "A new subject", "body": "New words", "html": None}
    for verb, path, body in (
        ("POST", f"emails/{made}/take_back", {}),
        ("PATCH", f"emails/{made}", edited),
        ("POST", f"emails/{made}/send", {}),
    ):
        answer = await office.desk.ask(verb, path, body, if_match="*")
        assert answer.status_code == 200, answer.text
    told = (await office.desk.ask("GET", f"letters/{made}")).json()
    assert (told["subject"], told["text"], told["html"]) == ("A new subject", "New words", None)
    await office.works()
    [arrived] = office.sink.letters
    assert (arrived.message["Subject"], arrived.text.strip()) == ("A new subject", "New words")
    assert arrived.message.get_body(("html",)) is None


async def test_what_was_sent_stays_sent_whoever_fails_to_hear_of_it(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(session: WriteSession, *_: object) -> None:
        await session.raw.execute("SELECT 1 / 0")

    monkeypatch.setattr(marking, "announce", fails)
    emails = [await office.writes() for _ in range(2)]
    await office.works()
    assert len(office.sink.letters) == 2
    assert {(await office.email(each))["delivery_state"] for each in emails} == {"sent"}


async def test_a_letter_that_was_given_up_while_it_was_sent_was_sent(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    email, usual = await office.writes(), Outbox._carried

    async def carried(outbox: Outbox, claimed: Claimed) -> object:
        outcome = await usual(outbox, claimed)
        clock.hold(clock.now() + timedelta(days=6))
        async with office.studio.database.writing(office.account_id) as session:
            await give_up_late(session)
        assert (await office.email(email))["delivery_state"] == "failed"
        return outcome

    monkeypatch.setattr(Outbox, "_carried", carried)
    await office.works()
    assert ((await office.email(email))["delivery_state"], len(office.sink.letters)) == ("sent", 1)
