"""Price lists are set whole, by version, and an online gallery keeps the one it sells by."""

from uuid import uuid4

from tests.contract.desks import at_a_desk
from tests.galleries.orders.shops import PRINT, VOUCHER, Shop, product, products


async def test_a_price_list_is_set_whole_and_by_version(shop: Shop) -> None:
    path, desk = f"web-price-lists/{uuid4()}", shop.desk
    body = {
        "name": "School",
        "shipping": 500,
        "products": [product(VOUCHER, "GV", 1), product(PRINT, "P", 2)],
    }
    assert (await desk.ask("PUT", path, body)).json()["code"] == "price_list_not_found"
    made = await desk.ask("PUT", path, body, if_match='"0"')
    assert (made.status_code, made.headers["etag"]) == (200, '"1"')
    assert [each["item"] for each in made.json()["products"]] == ["GV", "P"]
    assert (await desk.ask("PUT", path, body)).json()["code"] == "precondition_required"
    late = await desk.ask("PUT", path, body, if_match='"0"')
    assert (late.status_code, late.json()["code"]) == (412, "version_changed")
    fewer = {"name": "Schools", "products": [product(PRINT, "P", 3, is_active=False)]}
    changed = await desk.ask("PUT", path, fewer, if_match='"1"')
    assert (await desk.ask("GET", path)).json() == changed.json()
    told = changed.json()
    assert (told["name"], told["shipping"], told["version"]) == ("Schools", 0, 2)
    assert [(each["price"], each["is_active"]) for each in told["products"]] == [(3, False)]
    listed = (await desk.ask("GET", "web-price-lists")).json()["price_lists"]
    assert [each["name"] for each in listed] == ["Portraits online", "Schools"]
    trail = (await desk.ask("GET", "audit?feature=lists")).json()["entries"]
    assert [each["action"] for each in trail[:2]] == ["changed", "created"]
    assert (await desk.ask("DELETE", path, if_match='"2"')).status_code == 204
    assert (await desk.ask("GET", path)).json()["code"] == "price_list_not_found"


async def test_names_tell_lists_apart_and_stay_while_a_gallery_sells_by_them(shop: Shop) -> None:
    used = await shop.sell("Weddings", [])
    path = f"web-price-lists/{used['id']}"
    taken = await shop.desk.ask("PUT", f"web-price-lists/{uuid4()}", _named("weddings"), if_match='"0"')
    assert (taken.status_code, taken.json()["code"]) == (409, "price_list_name_taken")
    await shop.room("WEDDINGS")
    renamed = await shop.desk.ask("PUT", path, _named("Marriages"), if_match='"1"')
    gone = await shop.desk.ask("DELETE", path, if_match='"1"')
    assert [each.json()["code"] for each in (renamed, gone)] == ["price_list_in_use"] * 2
    assert (await shop.sell("Weddings", [], is_active=False))["version"] == 2


async def test_what_is_wrong_is_refused_and_only_who_maintains_lists_sets_them(shop: Shop) -> None:
    path = f"web-price-lists/{uuid4()}"
    for offered in ([product(PRINT, "P", -1)], [product(PRINT, "P", 1)] * 2, [product(PRINT, "", 1)]):
        refused = await shop.desk.ask("PUT", path, _named("Odd", offered), if_match='"0"')
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid_request")
    photographer = await at_a_desk(shop.studio, initials="PK")
    denied = await photographer.ask("PUT", path, _named("Mine"), if_match='"0"')
    assert (denied.status_code, denied.json()["code"]) == (403, "permission_denied")
    assert (await photographer.ask("GET", "web-price-lists")).status_code == 200


def _named(name: str, products: object = ()) -> dict[str, object]:
    return {"name": name, "products": list(products) if isinstance(products, list) else []}


async def test_a_session_goes_online_with_a_list_there_is_and_with_no_other(shop: Shop) -> None:
    await shop.sell("School pictures", products())
    room = await shop.room()
    publish = f"sessions/{room.session_id}/publish_gallery"
    answer = await shop.desk.ask("POST", publish, {"web_price_list": "Nobody's"})
    assert (answer.status_code, answer.json()["code"]) == (422, "no_such_price_list")
    answer = await shop.desk.ask("POST", publish, {"web_price_list": "School pictures"})
    assert (answer.status_code, answer.json()["web_price_list"]) == (200, "School pictures")
