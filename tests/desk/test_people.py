"""What people and devices name among the records must be there."""

from uuid import uuid4

from tests.accounts.studios import Studio
from tests.contract.desks import Desk
from tests.desk.conftest import Has

NEW = {
    "initials": "AB",
    "password": "three ducks on a pond",
    "first_name": "Ann",
    "last_name": "Bee",
    "lists": ["photographer"],
}


async def test_a_phone_is_bound_to_a_studio_there_is(studio: Studio, desk: Desk, has: Has) -> None:
    await studio.execute("UPDATE accounts SET edition = 'enterprise' WHERE account_id = $1")
    used, unused = await has("studios"), await has("studios", studio_number=2, is_inactive=True)
    user = {"user_id": str(studio.photographer.user_id)}
    for studio_id in (str(uuid4()), unused["id"], user["user_id"]):
        answer = await desk.ask("POST", "devices", {**user, "studio_id": studio_id})
        assert (answer.status_code, answer.json()["code"]) == (422, "unknown_studio")
    answer = await desk.ask("POST", "devices", {**user, "studio_id": used["id"]})
    assert (answer.status_code, answer.json()["studio_id"]) == (201, used["id"])
    assert (await desk.ask("GET", "devices")).json()["in_use"] == 2


async def test_of_several_studios_the_one_of_a_phone_is_said(studio: Studio, desk: Desk, has: Has) -> None:
    user = {"user_id": str(studio.photographer.user_id)}
    first = await has("studios")
    await studio.execute("UPDATE accounts SET edition = 'enterprise' WHERE account_id = $1")
    alone = await desk.ask("POST", "devices", user)
    assert (alone.status_code, alone.json()["studio_id"]) == (201, None)
    await has("studios", studio_number=2, is_inactive=True)
    assert (await desk.ask("POST", "devices", user)).status_code == 201
    await has("studios", studio_number=3)
    unsaid = await desk.ask("POST", "devices", user)
    assert (unsaid.status_code, unsaid.json()["code"]) == (422, "studio_required")
    assert (await desk.ask("GET", "devices")).json()["in_use"] == 3
    assert (await desk.ask("POST", "devices", {**user, "studio_id": first["id"]})).status_code == 201


async def test_a_user_s_phones_are_of_studios_the_user_works_in(studio: Studio, desk: Desk, has: Has) -> None:
    await studio.execute("UPDATE accounts SET edition = 'enterprise' WHERE account_id = $1")
    here, there = await has("studios"), await has("studios", studio_number=2)
    path = f"users/{studio.photographer.user_id}"
    unknown = await desk.ask("PATCH", path, {"studio_ids": [str(uuid4())]}, if_match='"1"')
    assert (unknown.status_code, unknown.json()["code"]) == (422, "unknown_studio")
    changed = await desk.ask("PATCH", path, {"studio_ids": [here["id"]]}, if_match='"1"')
    assert (changed.status_code, changed.json()["studio_ids"]) == (200, [here["id"]])
    phone = {"user_id": str(studio.photographer.user_id), "studio_id": there["id"]}
    refused = await desk.ask("POST", "devices", phone)
    assert (refused.status_code, refused.json()["code"]) == (422, "studio_not_allowed")
    assert (await desk.ask("POST", "devices", {**phone, "studio_id": here["id"]})).status_code == 201
    made = await desk.ask("POST", "users", {**NEW, "studio_ids": [there["id"]]})
    assert (made.status_code, made.json()["studio_ids"]) == (201, [there["id"]])


async def test_a_user_belongs_to_departments_there_are_and_is_a_member_of_staff(desk: Desk, has: Has) -> None:
    department = await has("departments")
    unknown = await desk.ask("POST", "users", {**NEW, "department_ids": [str(uuid4())]})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "unknown_department")
    made = await desk.ask("POST", "users", {**NEW, "department_ids": [department["id"]]})
    assert made.status_code == 201, made.text
    path, version = made.json()["id"], f'"{made.json()["version"]}"'
    staff = (await desk.ask("GET", f"staff/{path}")).json()
    assert (staff["department_ids"], staff["lists"]) == ([department["id"]], ["photographer"])
    left = await desk.ask("PATCH", f"users/{path}", {"is_active": False}, if_match=version)
    assert left.status_code == 200, left.text
    assert (await desk.ask("GET", f"staff/{path}")).json()["is_inactive"] is True
