"""Whether cards are charged at all: the reasons against it, and the secrets by which it is done."""

import base64
import secrets
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest

from app.cards import store
from app.cards.processors import Processors
from app.cards.reconciling import seal_anew
from app.cards.saving import purpose
from app.cards.till import CREDENTIALS, Till
from app.core.settings import Settings
from app.core.vault import SealBroken, load_vault
from tests.accounts.studios import new_studio
from tests.cards.paying import HARBOR, NORTH, VISA, Shop, amount, credentials


async def test_cards_are_charged_where_all_that_is_needed_is_there(shop: Shop) -> None:
    company = shop.account_id

    async def reason(headers: dict[str, str] | None = None) -> tuple[int, str]:
        answer = await shop.reserve(amount(), headers)
        return answer.status_code, answer.json().get("code", "")

    phone = shop.phone.headers
    await shop.put("companies", company, is_card_reader_enabled=False)
    assert await reason(phone) == (403, "cards_switched_off")
    assert (await reason())[0] == 201
    await shop.put("companies", company, card_processor="eway")
    assert await reason() == (403, "cards_not_configured")
    await shop.put("companies", company, card_processor="tsys", country="CA")
    assert await reason() == (403, "cards_not_in_country")
    await shop.put("companies", company, country="US", is_card_reader_enabled=True)
    await shop.told("PUT", "card-merchant", credentials(HARBOR, is_active=False))
    assert await reason(phone) == (403, "cards_not_configured")
    await shop.told("PUT", "card-merchant", credentials(HARBOR))
    assert (await reason(phone))[0] == 201


async def test_credentials_are_set_by_who_may_and_never_told_back(shop: Shop) -> None:
    refused = await shop.ask("PUT", "card-merchant", credentials(HARBOR), shop.phone.headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")
    told = await shop.told("GET", "card-merchant")
    assert set(told) == {"environment", "is_active", "is_accepted", "changed_at"}
    trail = await shop.ask("GET", "audit")
    assert "card_merchants" in trail.text
    rows = await shop.studio.execute("SELECT * FROM card_merchants WHERE account_id = $1")
    for secret in (HARBOR.password, HARBOR.mid, HARBOR.user):
        assert secret not in trail.text
        assert secret.encode() not in rows[0]["credentials"]


async def test_a_simulator_charges_no_cards_in_production(shop: Shop, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, transit_simulator_url=shop.url)
    assert settings.environment == "production"
    earnest = Till(shop.till.database, shop.till.vault, Processors(settings))
    app = shop.studio.client._transport.app  # type: ignore[attr-defined] # the house behind the client
    kept, app.state.till = app.state.till, earnest
    refused = await shop.reserve(amount())
    unset = await shop.ask("PUT", "card-merchant", credentials(HARBOR))
    app.state.till = kept
    assert (refused.status_code, refused.json()["code"]) == (403, "cards_not_configured")
    assert (unset.status_code, unset.json()["code"]) == (409, "card_environment_refused")


async def test_what_one_account_has_sealed_opens_in_no_other_and_for_nothing_else(shop: Shop) -> None:
    vault, account_id = shop.till.vault, shop.account_id
    sealed = vault.seal(account_id, CREDENTIALS, "words")
    assert vault.open(account_id, CREDENTIALS, sealed) == "words"
    for account, about in ((uuid4(), CREDENTIALS), (account_id, purpose(uuid4()))):
        with pytest.raises(SealBroken):
            vault.open(account, about, sealed)


async def test_keys_are_exchanged_while_cards_are_charged(shop: Shop, tmp_path: Path) -> None:
    def line() -> str:
        return base64.b64encode(secrets.token_bytes(32)).decode()

    old, new = line(), line()
    keys = tmp_path / "vault.keys"
    tills = []
    for held in (old, f"{new}\n{old}", new):
        keys.write_text(f"{held}\n")
        vault = load_vault(Settings(vault_key_file=keys))
        tills.append(Till(shop.till.database, vault, shop.till.processors))
    first, both, last = tills
    app = shop.studio.client._transport.app  # type: ignore[attr-defined] # the house behind the client
    kept, app.state.till = app.state.till, first
    await shop.told("PUT", "card-merchant", credentials(HARBOR))
    paid = await shop.pay(amount(), save_card=True)
    app.state.till = both
    assert await seal_anew(both, shop.account_id) == 3
    assert await seal_anew(both, shop.account_id) == 0
    app.state.till = last
    again = await shop.reserved(amount(), saved_card_id=paid["saved_card_id"])
    assert (await shop.charge(again["id"], None)).json()["state"] == "approved"
    app.state.till = kept
    await shop.told("PUT", "card-merchant", credentials(HARBOR))
    await shop.ask("DELETE", f"saved-cards/{paid['saved_card_id']}?client_id={shop.client_id}")


async def test_a_saved_card_is_charged_by_what_no_device_and_no_row_shows(shop: Shop) -> None:
    field = await shop.told("POST", "saved-card-fields", {"client_id": str(shop.client_id)})
    token = await shop.token(field, VISA)
    body = {"client_id": str(shop.client_id), "token": token}
    saved = await shop.told("POST", "saved-cards", body)
    [shown] = (await shop.record("clients", shop.client_id))["saved_cards"]
    assert (shown["id"], shown["brand"], shown["last_four"]) == (saved["id"], "visa", "1111")
    assert (shown["expiry_month"], shown["expiry_year"], shown["is_default"]) == (8, 2031, True)
    async with shop.till.database.reading(shop.account_id) as session:
        kept = await store.token(session, UUID(saved["id"]))
    assert kept is not None
    lasting = shop.till.vault.open(shop.account_id, purpose(kept.card_id), kept.token)
    copy = await shop.phone.copy()
    assert lasting not in str(copy.records)
    assert lasting.encode() not in kept.token
    reserved = await shop.reserved(amount(), shop.phone.headers, saved_card_id=saved["id"])
    assert reserved["hosted_field"] is None
    refused = await shop.charge(reserved["id"], "AToken12")
    assert (refused.status_code, refused.json()["code"]) == (409, "card_token_required")
    assert (await shop.charge(reserved["id"], None)).json()["state"] == "approved"
    path = f"saved-cards/{saved['id']}"
    gone = [await shop.ask("DELETE", each) for each in (f"{path}?client_id={uuid4()}", path, path)]
    assert [each.status_code for each in gone] == [404, 204, 404], "another's, whoever's, and gone"
    assert (await shop.record("clients", shop.client_id))["saved_cards"] == []
    assert (await shop.reserve(amount(), saved_card_id=saved["id"])).status_code == 404


async def test_a_card_is_saved_for_who_has_taken_the_client_s_place_and_goes_with_the_last_of_them(
    shop: Shop,
) -> None:
    merged, stays = uuid4(), uuid4()
    for each in (merged, stays):
        await shop.put("clients", each, last_name="Hartley", client_type="consumer")
    reserved = await shop.reserved(amount(), client_id=str(merged), save_card=True)
    token = await shop.token(reserved)
    await shop.done(f"clients/{merged}", "merge", into=str(stays))
    paid = (await shop.charge(reserved["id"], token)).json()
    [card] = (await shop.record("clients", stays))["saved_cards"]
    assert (paid["state"], paid["saved_card_id"]) == ("approved", card["id"])
    last = uuid4()
    await shop.put("clients", last, last_name="Hartley", client_type="consumer")
    await shop.done(f"clients/{stays}", "merge", into=str(last))
    again = await shop.reserved(amount(), client_id=str(last), saved_card_id=card["id"])
    assert (await shop.charge(again["id"], None)).json()["state"] == "approved"

    alone = uuid4()
    await shop.put("clients", alone, last_name="Hartley", client_type="consumer")
    field = await shop.told("POST", "saved-card-fields", {"client_id": str(alone)})
    kept = {"client_id": str(alone), "token": await shop.token(field)}
    saved = await shop.told("POST", "saved-cards", kept)
    headers = shop.headers | {"If-Match": "*"}
    assert (await shop.ask("DELETE", f"clients/{alone}", None, headers)).status_code == 204
    async with shop.till.database.reading(shop.account_id) as session:
        left = [await store.token(session, UUID(each)) for each in (saved["id"], card["id"])]
    assert [each is None for each in left] == [True, False]


async def test_another_account_has_no_part_in_a_payment(shop: Shop, http: httpx.AsyncClient) -> None:
    reserved = await shop.reserved(amount())
    token = await shop.token(reserved)
    stranger = await new_studio(shop.till.database, http, shop.studio.keys)
    headers = await stranger.administrator()
    for verb, path in (
        ("GET", ""),
        ("POST", "/charge"),
        ("POST", "/cancel"),
        ("POST", "/void"),
    ):
        body = {"token": token} if path == "/charge" else None
        answer = await shop.ask(verb, f"card-payments/{reserved['id']}{path}", body, headers)
        assert (answer.status_code, answer.json()["code"]) == (404, "card_payment_not_found")
    assert (await shop.state(reserved["id"]))["state"] == "reserved"


async def test_a_merchant_s_words_open_no_other_merchant_s_device(shop: Shop) -> None:
    crossed = credentials(HARBOR, device_id=next(iter(NORTH.devices)))
    await shop.told("PUT", "card-merchant", crossed)
    reserved = await shop.reserved(amount())
    refused = (await shop.charge(reserved["id"], "AToken12")).json()
    assert refused["state"] == "declined"
    await shop.told("PUT", "card-merchant", credentials(HARBOR))
    assert await shop.booked(reserved["id"]) == 0
