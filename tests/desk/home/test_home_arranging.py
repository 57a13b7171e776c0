"""Users arrange their home pages, each their own; shortcuts lead to the web or to areas, and nowhere else."""

import pytest

from app.studio.company_shortcuts import Area, leading
from tests.accounts.studios import Studio
from tests.contract.desks import Desk
from tests.desk.conftest import Has
from tests.desk.home.pages import PANELS, home
from tests.samples import named, sample

COMPANY_S = named("company_shortcuts")
LAB = {"description": "Lab", "target": "https://lab.example/orders?studio=7#new", "icon": "camera"}
CALENDAR = {"description": "Calendar", "target": "schedule", "icon": None}


async def test_panels_are_shown_in_the_order_they_were_put_in(desk: Desk, photographer: Desk) -> None:
    read = await desk.ask("GET", "home/panels")
    assert (read.headers["etag"], [each["panel"] for each in read.json()["panels"]]) == ('"0"', PANELS)
    wanted = {
        "panels": [{"panel": "messages"}, {"panel": "tasks", "is_shown": False}, {"panel": "shortcuts"}]
    }
    assert (await desk.ask("PUT", "home/panels", wanted)).json()["code"] == "precondition_required"
    kept = await desk.ask("PUT", "home/panels", wanted, if_match='"0"')
    assert (kept.status_code, kept.headers["etag"], kept.json()["version"]) == (200, '"1"', 1)
    assert [(each["panel"], each["is_shown"]) for each in kept.json()["panels"]] == [
        ("messages", True),
        ("tasks", False),
        ("shortcuts", True),
        ("services", True),
        ("schedule", True),
        ("snapshot", True),
    ]
    assert (await desk.ask("GET", "home/panels")).json() == kept.json()
    late = await desk.ask("PUT", "home/panels", {"panels": []}, if_match='"0"')
    assert (late.status_code, late.json()["code"], late.headers["etag"]) == (412, "version_changed", '"1"')
    assert list(await home(desk)) == ["messages", "shortcuts", "schedule", "snapshot"]
    assert (await photographer.ask("GET", "home/panels")).json()["version"] == 0


async def test_shortcuts_are_one_s_own_and_stand_before_those_of_the_company(
    has: Has, desk: Desk, photographer: Desk
) -> None:
    for nth, name in ((20, "second"), (10, "first")):
        await has("company_shortcuts", description=name, sort_order=nth, is_inactive=False, **_to("clients"))
    await has("company_shortcuts", description="put away", is_inactive=True, **_to("clients"))
    sent = {"shortcuts": [LAB, {**CALENDAR, "is_inactive": True}, CALENDAR]}
    kept = await photographer.ask("PUT", "home/shortcuts", sent, if_match='"0"')
    assert (kept.status_code, kept.headers["etag"]) == (200, '"1"')
    assert kept.json()["shortcuts"] == [
        {**LAB, "is_inactive": False},
        {**CALENDAR, "is_inactive": True},
        {**CALENDAR, "is_inactive": False},
    ]
    assert (await photographer.ask("GET", "home/shortcuts")).json() == kept.json()
    shown = (await home(photographer))["shortcuts"]["shortcuts"]
    assert [(each["of"], each["description"], each["target_kind"]) for each in shown] == [
        ("user", "Lab", "web"),
        ("user", "Calendar", "area"),
        ("company", "first", "area"),
        ("company", "second", "area"),
    ]
    for path in ("home", "home/shortcuts"):
        assert LAB["description"] not in (await desk.ask("GET", path)).text


def _to(target: str) -> dict[str, str]:
    return {"target": target, "icon": "camera"}


@pytest.mark.parametrize("target", ["http://lab.example", "https://lab.example:8443/a@b?c=d#e", *Area])
def test_the_web_and_each_area_can_be_led_to(target: str) -> None:
    assert leading(target) == target


@pytest.mark.parametrize(
    "target",
    [
        "",
        "darkroom",
        "Clients",
        "javascript:alert(1)",
        "data:text/html,hello",
        "ftp://lab.example/",
        "file:///etc/passwd",
        "//lab.example/orders",
        "/orders",
        "lab.example",
        "https:lab.example",
        "https:///orders",
        "https://",
        "https://jo@lab.example/",
        "https://jo:secret@lab.example/",
        "https://lab.example\\@evil.example/",
        "https://lab.example:99999/",
        "https://lab example/",
        "https://lab.example/\n",
        " https://lab.example/",
        "java\tscript:alert(1)",
        "https://[::1/",
    ],
)
def test_nothing_else_can_be_led_to(target: str) -> None:
    with pytest.raises(ValueError, match="neither an area nor a web address"):
        leading(target)


async def test_what_is_wrong_is_told_where_it_is(desk: Desk, photographer: Desk) -> None:
    bad = {**LAB, "target": "https://jo:secret@lab.example/"}
    odd = [
        ("shortcuts", {"shortcuts": [LAB, bad]}, "body.shortcuts.1.target", "value_error"),
        ("shortcuts", {"shortcuts": [LAB] * 51}, "body.shortcuts", "too_long"),
        (
            "shortcuts",
            {"shortcuts": [{**LAB, "icon": "../x"}]},
            "body.shortcuts.0.icon",
            "string_pattern_mismatch",
        ),
        ("panels", {"panels": [{"panel": "weather"}]}, "body.panels.0.panel", "enum"),
        ("panels", {"panels": [{"panel": "tasks"}] * 2}, "body.panels", "given_twice"),
    ]
    for what, body, path, code in odd:
        refused = await photographer.ask("PUT", f"home/{what}", body, if_match='"0"')
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid_request"), body
        [told] = refused.json()["fields"]
        assert (told["path"], told["code"]) == (path, code)
        assert "secret" not in refused.text
    refused = await desk.create(COMPANY_S, sample("company_shortcuts", target="javascript:alert(1)"))
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_fields")
    assert list(refused.json()["reasons"]) == ["target"]
    denied = await photographer.create(COMPANY_S, sample("company_shortcuts"))
    assert (denied.status_code, denied.json()["code"]) == (403, "permission_denied")


async def test_an_area_that_is_no_more_leads_nowhere(studio: Studio, has: Has, desk: Desk) -> None:
    version = (await desk.ask("GET", "home/shortcuts")).json()["version"]
    sent = {"shortcuts": [{**CALENDAR, "description": "Diary"}, {**LAB, "description": "Prints"}]}
    kept = await desk.ask("PUT", "home/shortcuts", sent, if_match=f'"{version}"')
    assert kept.status_code == 200, kept.text
    shared = await has("company_shortcuts", description="Prints", target="tasks")
    taken_away = """
        UPDATE home_settings SET content = jsonb_set(content, '{0,target}', '"darkroom"')
        WHERE account_id = $1 AND content @> '[{"description": "Diary"}]'
    """
    await studio.execute(taken_away)
    await studio.execute(
        "UPDATE company_shortcuts SET target = 'darkroom' WHERE account_id = $1 AND id = $2", shared["id"]
    )
    told = (await home(desk))["shortcuts"]["shortcuts"]
    assert [each["description"] for each in told if each["of"] == "user"] == ["Prints"]
    assert "darkroom" not in str(told)
    left = (await desk.ask("GET", "home/shortcuts")).json()["shortcuts"]
    assert [each["description"] for each in left] == ["Prints"]
