"""What the company asks for when a record is saved."""

from typing import Any
from uuid import uuid4

import pytest

from app.studio.rules.data_entry import FieldRequired, NotOnList
from app.sync.store import Write
from tests.samples import sample
from tests.studio.conftest import ByHand, Settle
from tests.sync.conftest import Desk, Phone
from tests.sync.test_push import create, patch, verdicts

NEWEST = 2**53 - 1


def rule(collection: str, name: str, level: str = "required") -> dict[str, Any]:
    return {"id": str(uuid4()), "collection": collection, "record_field": name, "level": level}


@pytest.fixture
async def required(settle: Settle) -> None:
    """Require an email address and the first text of the company's own of every client."""
    await settle(validation_rules=[rule("clients", "email"), rule("clients", "custom.text_1")])


@pytest.mark.usefixtures("required")
@pytest.mark.parametrize(
    ("fields", "missing"),
    [
        ({"email": None}, ["email"]),
        ({"custom": None}, ["custom.text_1"]),
        ({"custom": {"text_1": "  "}, "email": None}, ["email", "custom.text_1"]),
    ],
)
async def test_a_record_without_a_required_field_is_refused(
    phone: Phone, fields: dict[str, Any], missing: list[str]
) -> None:
    results = await phone.push(create("clients", uuid4(), **fields), create("clients", uuid4()))
    assert verdicts(results) == ["rejected", "applied"]
    assert (results[0]["code"], sorted(results[0]["fields"])) == ("field_required", sorted(missing))


@pytest.mark.usefixtures("required")
async def test_what_was_typed_can_be_completed_from_the_inbox(phone: Phone) -> None:
    client = uuid4()
    [refused] = await phone.push(create("clients", client, email=None))
    command = {"collection": "inbox", "id": refused["inbox_id"], "op": "command", "command": "resolve"}
    completed = {"resolution": "take_mine", "fields": {"email": "laura@hartley.example"}}
    assert verdicts(await phone.push({**command, "fields": completed})) == ["applied"]
    await phone.pull()
    assert ("clients", str(client)) in phone.records


async def test_a_patch_must_not_empty_a_required_field_and_may_leave_an_old_record_alone(
    desk: Desk, phone: Phone, settle: Settle
) -> None:
    old, full = uuid4(), uuid4()
    await desk.put("clients", old, **sample("clients", email=None))
    await desk.put("clients", full, **sample("clients"))
    await settle(validation_rules=[rule("clients", "email"), rule("clients", "custom.text_1")])
    results = await phone.push(
        patch("clients", old, NEWEST, last_name="Hartley-Jones"),
        patch("clients", old, NEWEST, email=""),
        patch("clients", full, NEWEST, email=None),
        patch("clients", full, NEWEST, custom={"text_2": "Twins"}),
        patch("clients", full, NEWEST, custom={"text_1": "Blue", "text_2": "Twins"}),
    )
    assert [(each["verdict"], each["code"]) for each in results] == [
        ("applied", None),
        ("rejected", "invalid_fields"),
        ("rejected", "field_required"),
        ("rejected", "field_required"),
        ("applied", None),
    ]


async def test_what_should_be_filled_in_is_pointed_out(phone: Phone, settle: Settle) -> None:
    await settle(validation_rules=[rule("tasks", "priority", "prompt")])
    results = await phone.push(create("tasks", uuid4(), priority=None), create("tasks", uuid4(), priority=1))
    assert verdicts(results) == ["applied", "applied"]
    assert [[(each["code"], each["fields"]) for each in result["warnings"]] for result in results] == [
        [("field_wanted", ["priority"])],
        [],
    ]


async def test_false_and_nought_are_something(phone: Phone, settle: Settle) -> None:
    await settle(validation_rules=[rule("sessions", "is_confirmed"), rule("sessions", "drive_minutes")])
    client = uuid4()
    results = await phone.push(
        create("clients", client),
        create("sessions", uuid4(), client_id=str(client), is_confirmed=False, drive_minutes=0),
    )
    assert verdicts(results) == ["applied", "applied"]


async def test_a_rule_about_what_is_not_there_is_passed_over(phone: Phone, settle: Settle) -> None:
    await settle(
        validation_rules=[
            rule("unicorns", "horn"),
            rule("clients", "hair"),
            rule("clients", "email.domain"),
            rule("clients", "custom.hat_size"),
            rule("clients", "status_notes"),
        ]
    )
    results = await phone.push(create("clients", uuid4(), email=None))
    assert verdicts(results) == ["applied"]


async def test_a_number_the_server_gives_is_not_missing(phone: Phone, settle: Settle) -> None:
    await settle(validation_rules=[rule("clients", "client_number")], client_number_moment="creation")
    assert verdicts(await phone.push(create("clients", uuid4()))) == ["applied"]


@pytest.mark.usefixtures("required")
async def test_a_desk_is_asked_like_a_phone_and_the_house_itself_is_not(desk: Desk, by_hand: ByHand) -> None:
    fields = sample("clients", email=None)
    with pytest.raises(FieldRequired):
        await by_hand(Write("clients", uuid4(), fields))
    await desk.put("clients", uuid4(), **fields)


async def test_a_rule_made_in_the_same_transaction_counts(
    desk: Desk, by_hand: ByHand, settle: Settle
) -> None:
    await settle()
    rules = {"validation_rules": [rule("clients", "email")]}
    with pytest.raises(FieldRequired):
        await by_hand(
            Write("companies", desk.account_id, rules),
            Write("clients", uuid4(), sample("clients", email=None)),
        )


@pytest.mark.parametrize(
    "limited",
    [
        ("clients", "is_lead_source_limited", "lead_source_other"),
        ("appointments", "is_appointment_type_limited", "appointment_type_other"),
    ],
)
async def test_free_words_are_refused_where_the_list_is_all_there_is(
    desk: Desk, phone: Phone, settle: Settle, limited: tuple[str, str, str]
) -> None:
    (collection, setting, name), old = limited, uuid4()
    await desk.put(collection, old, **sample(collection))
    await settle(**{setting: True})
    results = await phone.push(
        create(collection, uuid4(), **{name: "Met at the fair"}),
        create(collection, uuid4(), **{name: None}),
        patch(collection, old, NEWEST, notes="Still as it was."),
        patch(collection, old, NEWEST, **{name: "Something else"}),
    )
    assert verdicts(results) == ["rejected", "applied", "applied", "rejected"]
    assert (results[0]["code"], list(results[0]["fields"])) == ("not_on_list", [name])
    with pytest.raises(NotOnList):
        await desk.put(collection, old, **{name: "Something else"})
