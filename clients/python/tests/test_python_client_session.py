"""Being signed in: tokens survive what happens on the way, and nothing but a true order clears a phone."""

import json
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from clients.python.tests.phones import SYNC, BatteryDied, Mortal, Phone
from clients.python.tests.problems import problem
from clients.python.tests.serving import Desk, House
from studio_sync_client import DeviceWiped, NoAnswer, Problem, SignedOut, WrongOwner
from tests.accounts.studios import PASSWORD

REFRESH = "/v1/auth/refresh"
RECEIPT = "/v1/devices/me/wiped"
Json = dict[str, Any]


def test_an_expired_token_is_exchanged_on_the_way(phone: Phone) -> None:
    phone.client.create("tasks", {"subject": "Call Ann"})
    first = _expires(phone)
    phone.client.sync(verify=True)
    assert len(phone.line.bodies(REFRESH)) == 1
    assert _tokens(phone)["refresh"] != first["refresh"]
    assert phone.client.status().unpushed == 0


def test_a_new_token_is_on_disk_before_it_is_used(phone: Phone) -> None:
    first = _expires(phone)
    expires = phone.line.instead
    used = set()

    def looks_into_the_store(request: httpx.Request) -> httpx.Response | None:
        used.add(request.headers.get("Authorization", "").removeprefix("Bearer "))
        assert used <= {"", first["access"], _tokens(phone)["access"]}
        return expires(request)

    phone.line.instead = looks_into_the_store
    phone.client.sync()
    assert used == {"", first["access"], _tokens(phone)["access"]}


def test_a_refresh_whose_answer_was_lost_is_asked_for_again(new_phone: Callable[..., Phone]) -> None:
    phone = new_phone(attempts=1)
    _expires(phone)
    phone.line.lose(REFRESH)
    with pytest.raises(NoAnswer):
        phone.client.sync()
    phone.restart()
    phone.client.sync()
    first, again = phone.line.bodies(REFRESH)
    assert first == again


def test_a_battery_may_die_at_any_moment_of_a_refresh(phone: Phone) -> None:
    _expires(phone)
    for fuse in count():
        Mortal.fuse = fuse
        try:
            phone.client.request("GET", "/v1/sync/manifest")
        except BatteryDied:
            phone.restart()
        else:
            break
    Mortal.fuse = None
    assert fuse > 5
    phone.client.sync()


def test_two_processes_never_use_a_refresh_token_twice(phone: Phone) -> None:
    other = phone.open()
    stale = _expires(phone)
    meanwhile = iter([lambda: other.request("GET", "/v1/sync/manifest")])

    def refreshes_in_between(request: httpx.Request) -> httpx.Response | None:
        if f"Bearer {stale['access']}" != request.headers.get("Authorization"):
            return None
        next(meanwhile, lambda: None)()
        return problem(401, "token_expired")

    phone.line.instead = refreshes_in_between
    phone.client.sync()
    other.sync()
    other.close()
    assert len(phone.line.bodies(REFRESH)) == 1


def test_a_sign_in_that_has_ended_costs_nothing_but_a_password(phone: Phone) -> None:
    phone.client.sync()
    made = phone.client.create("tasks", {"subject": "Call Ann"})
    phone.client._store.keep("tokens", {"access": "ended", "refresh": "ended"})
    for _ in range(2):
        with pytest.raises(SignedOut):
            phone.client.sync()
    assert len(phone.line.bodies(REFRESH)) == 1
    assert phone.client.get("tasks", made) is not None
    phone.sign_in()
    assert phone.client.sync(verify=True).pushed == 1


def test_signing_out_ends_the_sign_in_and_keeps_the_copy(phone: Phone) -> None:
    phone.client.sync()
    made = phone.client.create("tasks", {"subject": "Call Ann"})
    token = _tokens(phone)["access"]
    phone.client.sign_out()
    with pytest.raises(SignedOut):
        phone.client.sync()
    assert phone.line.raw("GET", "/v1/sync/manifest", token)["code"] == "invalid_token"
    assert phone.client.get("tasks", made) is not None


def test_a_store_is_kept_for_its_owner(house: House, phone: Phone) -> None:
    phone.client.sync()
    made = phone.client.create("tasks", {"subject": "Call Ann"})
    stranger = house.studio()
    with pytest.raises(WrongOwner):
        phone.client.sign_in(stranger.account, "PK", PASSWORD)
    assert stranger.execute("SELECT id FROM tasks WHERE account_id = $1") == []
    assert phone.client.get("tasks", made) is not None
    assert phone.client.sync(verify=True).pushed == 1


def test_nothing_is_written_before_somebody_has_signed_in(desk: Desk, tmp_path: Path) -> None:
    phone = Phone(desk, tmp_path / "fresh.db")
    with pytest.raises(SignedOut):
        phone.client.create("tasks", {"subject": "Whose?"})
    phone.client.close()


def test_an_app_that_is_too_old_keeps_everything(phone: Phone) -> None:
    phone.client.sync()
    phone.client.create("tasks", {"subject": "Call Ann"})
    phone.line.instead = lambda _: problem(426, "client_too_old", minimum=2)
    with pytest.raises(Problem) as told:
        phone.client.sync()
    assert told.value.members["minimum"] == 2
    phone.line.instead = lambda _: None
    assert phone.client.sync(verify=True).pushed == 1


def test_an_app_that_was_updated_says_so_and_pushes_what_was_typed_before(desk: Desk, phone: Phone) -> None:
    client = desk.write("clients", first_name="Ann")
    phone.client.sync()
    phone.line.lose(SYNC, 3)
    made = phone.client.create("tasks", {"subject": "Call Ann"})
    with pytest.raises(NoAnswer):
        phone.client.sync()
    phone.client.patch("clients", client, {"first_name": "Anna"})
    phone.app = ("2.0.0", 2)
    phone.restart()
    assert phone.client.status().unpushed == 2
    assert phone.client.all("clients")[0]["first_name"] == "Anna"
    phone.line.asked.clear()
    report = phone.client.sync(verify=True)
    assert (report.pushed, report.refused, report.drifted, phone.client.status().unpushed) == (2, [], [], 0)
    assert [each["subject"] for each in phone.client.all("tasks") if each["id"] == made] == ["Call Ann"]
    first = phone.line.asked[0]
    told = json.loads(first.content)
    assert (first.url.path, told["app_version"], told["schema_version"]) == (REFRESH, "2.0.0", 2)
    phone.client.sync()
    assert len(phone.line.bodies(REFRESH)) == 1


def test_a_true_order_clears_the_phone_and_is_answered_with_a_receipt(desk: Desk, phone: Phone) -> None:
    desk.write("clients", last_name="Unmistakable")
    phone.client.sync()
    phone.client.create("tasks", {"subject": "Unmistakable as well"})
    desk.deactivate(phone.device_id)
    with pytest.raises(DeviceWiped):
        phone.client.sync()
    assert phone.holds() == {}
    assert (phone.client.status().unpushed, phone.client.owner) == (0, None)
    assert desk.devices()[0]["wiped_at"] is not None
    kept = b"".join(each.read_bytes() for each in phone.path.parent.glob(f"{phone.path.name}*"))
    assert b"Unmistakable" not in kept
    with pytest.raises(SignedOut):
        phone.client.sync()
    with pytest.raises(SignedOut):
        phone.client.create("tasks", {"subject": "Too late"})


def test_a_phone_that_is_let_in_again_starts_with_an_empty_copy(desk: Desk, phone: Phone) -> None:
    desk.write("clients")
    phone.client.sync()
    device = phone.device_id
    phone.client.create("tasks", {"subject": "Lost"})
    desk.deactivate(device)
    with pytest.raises(DeviceWiped):
        phone.client.sync()
    desk.deactivate(device, is_inactive=False)
    phone.sign_in()
    assert phone.client.sync(verify=True).pushed == 0
    assert len(phone.client.all("clients")) == 1
    assert phone.client.all("tasks") == []


def test_a_receipt_is_sent_until_it_is_answered(desk: Desk, new_phone: Callable[..., Phone]) -> None:
    phone = new_phone(attempts=1)
    phone.client.sync()
    device = phone.device_id
    desk.deactivate(device)
    phone.line.lose(RECEIPT)
    with pytest.raises(DeviceWiped):
        phone.client.sync()
    with pytest.raises(SignedOut):
        phone.client.sync()
    assert len(phone.line.bodies(RECEIPT)) == 2
    with pytest.raises(SignedOut):
        phone.client.sync()
    assert len(phone.line.bodies(RECEIPT)) == 2


def test_a_receipt_for_a_phone_that_was_let_in_again_is_forgotten(
    desk: Desk, new_phone: Callable[..., Phone]
) -> None:
    phone = new_phone(attempts=1)
    phone.client.sync()
    device = phone.device_id
    desk.deactivate(device)
    phone.line.instead = lambda request: (
        problem(503, "unavailable", 1) if request.url.path == RECEIPT else None
    )
    with pytest.raises(DeviceWiped):
        phone.client.sync()
    desk.deactivate(device, is_inactive=False)
    phone.line.instead = lambda _: None
    phone.sign_in()
    assert phone.client.sync(verify=True).drifted == []
    assert phone.holds()


def test_a_battery_may_die_at_any_moment_of_a_wipe(desk: Desk, phone: Phone) -> None:
    desk.write("clients")
    phone.client.sync()
    desk.deactivate(phone.device_id)
    told = phone.line.raw("GET", "/v1/devices", _tokens(phone)["access"])
    phone.client.close()
    whole = phone.path.read_bytes()
    refusal = problem(403, "device_deactivated", wipe_order=told["wipe_order"])
    phone.line.instead = lambda request: None if request.url.path == RECEIPT else refusal
    is_over = False
    for fuse in count():
        phone.path.with_name(f"{phone.path.name}-wal").unlink(missing_ok=True)
        phone.path.write_bytes(whole)
        phone.client = phone.open()
        Mortal.fuse, phone.line.asked = fuse, []
        with pytest.raises((BatteryDied, DeviceWiped)) as raised:
            phone.client.sync()
        is_over, Mortal.fuse = raised.type is DeviceWiped, None
        phone.restart()
        with pytest.raises(DeviceWiped if phone.holds() else SignedOut):
            phone.client.sync()
        assert phone.holds() == {}
        assert phone.line.bodies(RECEIPT) != []
        if is_over:
            break
        phone.client.close()
    assert fuse > 10
    assert desk.devices()[0]["wiped_at"] is not None


def test_no_order_but_a_true_one_clears_a_phone(
    phone: Phone, record_property: Callable[[str, object], None]
) -> None:
    phone.desk.write("clients")
    phone.client.sync()
    before, forged, wiped = phone.holds(), _forged(phone), 0
    for order in forged:
        phone.line.instead = lambda _, order=order: problem(403, "device_deactivated", wipe_order=order)  # type: ignore[misc]
        with pytest.raises(Problem, match="device_deactivated"):
            phone.client.sync()
        with pytest.raises(Problem, match="device_deactivated"):
            phone.sign_in()
        wiped += phone.holds() != before
    record_property("counted: answers with a forged order to wipe", 2 * len(forged))
    record_property("counted: phones they wiped", wiped)
    for code in ("no_device_slot", "subscription_inactive", "user_inactive", "permission_denied"):
        phone.line.instead = lambda _, code=code: problem(403, code)  # type: ignore[misc] # bound now
        with pytest.raises(Problem, match=code):
            phone.client.sync()
    assert phone.holds() == before
    phone.line.instead = lambda _: None
    assert phone.client.sync(verify=True).drifted == []


def _forged(phone: Phone) -> list[Any]:
    """Return orders that are wrong in one thing each; but for that they are what the server would sign."""
    keys = phone.desk.studio.keys
    owner = phone.client.owner
    assert owner is not None
    claims: Json = {
        "iss": "studio", "aud": "studio-device", "acc": owner["account"]["id"], "sub": owner["device"]["id"],
        "uid": phone.uid, "nonce": str(uuid4()), "iat": 4_000_000_000,
    }  # fmt: skip

    def signed(key: Any = keys.signing_key, typ: str = "wipe+jwt", alg: str = "ES256", **changed: Any) -> str:
        told = {name: value for name, value in (claims | changed).items() if value is not None}
        return jwt.encode(told, key, algorithm=alg, headers={"typ": typ})

    true = signed()
    head, body, signature = true.split(".")
    wrong = [{name: str(uuid4())} for name in ("iss", "aud", "acc", "sub", "uid")]
    missing: list[Json] = [{name: None} for name in ("iss", "aud", "acc", "sub", "uid", "iat")]
    return [
        *(signed(**each) for each in [*wrong, *missing, {"iat": 1_000_000_000}, {"iat": "soon"}]),
        signed(ec.generate_private_key(ec.SECP256R1())),
        signed(typ="at+jwt"),
        signed("secret" * 8, alg="HS256"),
        signed("", alg="none"),
        f"{head}.{body}.", f"{head}.{body}", f"{head}.{body}.{'A' * 86}", f"{head}.{body}.{signature[:-4]}",
        f"{head}.{body[:-2]}AA.{signature}", true.upper(), "", None, 7, [true], {"order": true},
    ]  # fmt: skip


def _expires(phone: Phone) -> Json:
    """Let the present access token have ended; return the tokens."""
    tokens = _tokens(phone)

    def ended(request: httpx.Request) -> httpx.Response | None:
        is_old = request.headers.get("Authorization") == f"Bearer {tokens['access']}"
        return problem(401, "token_expired") if is_old else None

    phone.line.instead = ended
    return tokens


def _tokens(phone: Phone) -> Json:
    tokens: Json = phone.client._store.state("tokens")
    return json.loads(json.dumps(tokens))  # type: ignore[no-any-return] # a copy
