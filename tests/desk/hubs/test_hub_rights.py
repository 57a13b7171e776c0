"""What a user may not view is not shown, sorted, counted, searched or filtered by, and never told of."""

from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from app.core.db import Database
from app.core.principal import Level
from tests.accounts.studios import Studio, new_studio
from tests.contract.desks import Desk, at_a_desk
from tests.contract.phones import signed_in
from tests.desk.conftest import Has
from tests.desk.hubs.asking import ask, give, ids, invoiced, leaf, rows, wrong

ALONE = {"assigned_user_id": None, "assigned_department_id": None, "is_private": True}


async def test_somebody_else_s_private_task_is_in_no_hub(
    studio: Studio, has: Has, desk: Desk, photographer: Desk
) -> None:
    mine = {**ALONE, "assigned_user_id": str(studio.photographer.user_id)}
    secret = await has("tasks", **ALONE, subject="Surprise party")
    own = await has("tasks", **mine, subject="Order frames")
    call = await has("phone_calls", task_id=secret["id"])
    assert len(await ids(desk, "tasks")) == 2
    assert await ids(photographer, "tasks") == [own["id"]]
    assert await ids(photographer, "tasks", search="surprise") == []
    assert await ids(photographer, "tasks", filter=leaf("id", "equals", secret["id"])) == []
    counted = await photographer.ask("POST", "hubs/tasks/counts", {"group": "subject"})
    assert counted.json()["groups"] == [{"value": "Order frames", "count": 1}]
    table = await photographer.ask("POST", "hubs/tasks/export", {})
    assert "Surprise" not in table.text
    for who, subject in ((desk, "Surprise party"), (photographer, None)):
        assert await rows(who, "calls", columns=["task.subject"]) == [
            {"id": call["id"], "task.subject": subject}
        ]
    through = leaf("task.subject", "starts", "Sur")
    assert (await ids(desk, "calls", filter=through), await ids(photographer, "calls", filter=through)) == (
        [call["id"]],
        [],
    )


async def test_a_part_that_is_hidden_is_no_field(
    studio: Studio, has: Has, desk: Desk, photographer: Desk
) -> None:
    client = await has("clients", notes="Owes us a cake")
    await has("sessions", client_id=client["id"])
    saved = await desk.ask(
        "POST",
        "hubs/clients/filters",
        {"name": "Cake", "is_shared": True, "filter": leaf("notes", "contains", "cake")},
    )
    layout = {"columns": ["notes", "last_name"], "sort": "last_name"}
    shared = {"name": "With notes", "is_shared": True, "layout": layout}
    kept = await desk.ask("POST", "hubs/clients/layouts", shared)
    assert (saved.status_code, kept.status_code) == (201, 201)
    assert await ids(photographer, "clients", filter_id=saved.json()["id"]) == [client["id"]]
    await give(studio, client_notes=Level.NO_ACCESS)
    for hub, path in (
        ("clients", "notes"),
        ("sessions", "client.notes"),
        ("sessions", "client.status_notes"),
    ):
        told = await photographer.ask("GET", f"desk/fields/{hub}?links=1")
        assert path not in {each["path"] for each in told.json()["fields"]}
        refused = await ask(
            photographer,
            hub,
            columns=[path],
            sort=path,
            filter={"any": [leaf(path, "contains", "cake")]},
        )
        assert wrong(refused) == [
            ("filter.any.0.field", "unknown_field"),
            ("columns.0", "unknown_field"),
            ("sort", "unknown_field"),
        ]
        counted = await photographer.ask("POST", f"hubs/{hub}/counts", {"group": path})
        assert wrong(counted) == [("group", "unknown_field")]
        exported = await photographer.ask("POST", f"hubs/{hub}/export", {"columns": [path]})
        assert wrong(exported) == [("columns.0", "unknown_field")]
    assert (await ask(photographer, "clients", filter_id=saved.json()["id"])).json()[
        "code"
    ] == "saved_not_found"
    for verb, sent in (("GET", None), ("PATCH", {"name": "Cakes"}), ("DELETE", None)):
        address = f"hubs/clients/filters/{saved.json()['id']}"
        hidden = await photographer.ask(verb, address, sent, if_match='"1"')
        assert (hidden.status_code, hidden.json()["code"]) == (404, "saved_not_found"), verb
    filters = (await photographer.ask("GET", "hubs/clients/filters")).json()["filters"]
    assert saved.json()["id"] not in {each["id"] for each in filters}
    [told_of] = (await photographer.ask("GET", "hubs/clients/layouts")).json()["layouts"]
    assert told_of["layout"] == {"columns": ["last_name"], "sort": "last_name", "group": None}


async def test_a_collection_that_may_not_be_viewed_is_no_hub_and_no_link(
    studio: Studio, has: Has, photographer: Desk
) -> None:
    session = await has("sessions", client_id=(await has("clients", last_name="Doe"))["id"])
    kept = {"name": "Mine", "filter": leaf("last_name", "blank")}
    saved = (await photographer.ask("POST", "hubs/clients/filters", kept)).json()["id"]
    await give(studio, clients=Level.NO_ACCESS)
    for verb, path, body in (
        ("PATCH", f"hubs/clients/filters/{saved}", {"name": "Still mine"}),
        ("GET", "hubs/clients", None),
        ("POST", "hubs/clients/query", {}),
        ("POST", "hubs/clients/counts", {}),
        ("POST", "hubs/clients/export", {}),
        ("GET", "desk/fields/clients", None),
        ("GET", "hubs/clients/filters", None),
        ("GET", "hubs/clients/layouts", None),
    ):
        refused = await photographer.ask(verb, path, body)
        assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied"), path
    hubs = (await photographer.ask("GET", "hubs")).json()["hubs"]
    assert "clients" not in {each["name"] for each in hubs}
    [of_sessions] = [each for each in hubs if each["name"] == "sessions"]
    assert not [
        path for path in (*of_sessions["columns"], *of_sessions["keys"]) if path.startswith("client.")
    ]
    assert wrong(await ask(photographer, "sessions", sort="client.last_name")) == [("sort", "unknown_field")]
    assert await ids(photographer, "sessions", search="doe") == []
    [row] = await rows(photographer, "sessions")
    assert row["id"] == session["id"]
    assert not [path for path in row if path.startswith("client.")]


async def test_another_account_sees_nothing_of_it(
    *, studio: Studio, has: Has, desk: Desk, database: Database, house: FastAPI, http: httpx.AsyncClient
) -> None:
    client = await has("clients")
    await invoiced(studio, bill_to_client_id=client["id"])
    body = {"name": "Mine", "is_shared": True, "filter": leaf("last_name", "blank")}
    saved = (await desk.ask("POST", "hubs/clients/filters", body)).json()["id"]
    stranger = await at_a_desk(await new_studio(database, http, house.state.keys))
    for hub in ("clients", "invoices"):
        assert await ids(stranger, hub) == []
        assert (await stranger.ask("POST", f"hubs/{hub}/counts", {})).json()["total"] == 0
    assert (await stranger.ask("GET", f"hubs/clients/filters/{saved}")).json()["code"] == "saved_not_found"
    assert await ids(stranger, "clients", filter=leaf("id", "equals", client["id"])) == []
    moved = await stranger.ask("POST", "hubs/clients/advance", {"ids": [client["id"]]})
    assert [each["code"] for each in moved.json()["records"]] == ["unknown_record"]


async def test_a_phone_reads_hubs_and_writes_nothing(studio: Studio, has: Has) -> None:
    client = await has("clients")
    phone = await signed_in(studio)
    as_phone = Desk(studio.client, phone.headers)
    assert await ids(as_phone, "clients") == [client["id"]]
    for path, body in (
        ("hubs/clients/advance", {"ids": [client["id"]]}),
        ("hubs/clients/filters", {"name": "Mine", "filter": leaf("last_name", "blank")}),
        ("hubs/clients/layouts", {"name": "Mine", "layout": {"columns": ["last_name"]}}),
    ):
        refused = await as_phone.ask("POST", path, body)
        assert (refused.status_code, refused.json()["code"]) == (403, "desk_required"), path


@pytest.mark.parametrize("level", [Level.VIEW_ONLY, Level.ADD_ONLY])
async def test_who_may_not_change_a_record_does_not_move_it(
    studio: Studio, has: Has, photographer: Desk, level: Level
) -> None:
    client = await has("clients")
    await give(studio, clients=level)
    refused = await photographer.ask("POST", "hubs/clients/advance", {"ids": [client["id"], str(uuid4())]})
    assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")
