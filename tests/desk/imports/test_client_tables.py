"""Clients out of a table: sent, mapped, checked, run."""

from uuid import uuid4

from tests.contract.desks import Desk
from tests.desk.conftest import Has
from tests.desk.imports.uploading import checked, fates, mapped, rows, run, send, sent, undone
from tests.samples import named

CLIENTS = named("clients")
THREE = "First Name,Last Name,Email,Mobile Phone,City\r\n" + "".join(
    f"{first},Ferris,{first.lower()}@ferris.example,(518) 555-010{place},Albany\r\n"
    for place, first in enumerate(("Ada", "Ben", "Cleo"))
)


async def test_a_table_becomes_clients(desk: Desk) -> None:
    made = await sent(desk, THREE)
    assert [each["field"] for each in made["columns"]] == [
        "first_name",
        "last_name",
        "email",
        "phone_mobile",
        "address.city",
    ]
    assert made["columns"][0]["samples"] == ["Ada", "Ben", "Cleo"]
    told = await checked(desk, made)
    assert (told["total"], told["done"], fates(told)) == (3, 3, {"create": 3})
    assert await desk.all(CLIENTS) == [], "a check writes nothing"
    told = await run(desk, made)
    assert fates(told) == {"created": 3}
    clients = {each["id"]: each for each in await desk.all(CLIENTS)}
    report = await rows(desk, made)
    ada = clients[report[0]["record_id"]]
    assert (ada["first_name"], ada["last_name"], ada["email"]) == ("Ada", "Ferris", "ada@ferris.example")
    assert ada["address"]["city"] == "Albany"
    [phone] = ada["phones"]
    assert (phone["label"], phone["number"]) == ("Mobile", "(518) 555-0100")
    assert [each["row"] for each in report] == [2, 3, 4], "as an editor counts lines"


async def test_every_bad_row_is_told_and_none_of_its_neighbours_is_stopped(desk: Desk) -> None:
    text = (
        "first name,last name,birthday,email,class of\n"
        "Ada,Ferris,1984-06-21,ada@ferris.example,2027\n"
        "Ben,Ferris,31.2.1984,ben@ferris.example,\n"
        "Cleo,Ferris,,no address,\n"
        "Dora,Ferris,99999999,,1\n"
        ",,,nobody@ferris.example,\n"
        "Eve,Ferris,21 June 1990,,\n"
    )
    made = await sent(desk, text)
    told = await checked(desk, made)
    assert fates(told) == {"create": 2, "error": 4}
    wrong = {each["row"]: each["reasons"] for each in await rows(desk, made, "error")}
    assert wrong == {
        3: {"birthday": "There is no such day."},
        4: {"email": "This is not an email address."},
        5: {"birthday": "There is no such day."},
        6: {"": "A client needs a first name, a last name, a company or an organization."},
    }
    assert fates(await run(desk, made)) == {"created": 2, "failed": 4}
    assert {each["birthday"] for each in await desk.all(CLIENTS)} == {"1984-06-21", "1990-06-21"}


async def test_who_is_there_already_is_told_and_left_out(desk: Desk, has: Has) -> None:
    ada = await has("clients", first_name="ADA", last_name="ferris", email="a@other.example", phones=[])
    made = await sent(desk, THREE + "Ben,Ferris,b@elsewhere.example,,\n")
    told = await checked(desk, made)
    assert fates(told) == {"create": 2, "duplicate": 2}
    first, second = await rows(desk, made, "duplicate")
    assert (first["row"], first["duplicates_of"], first["same_as_row"]) == (2, [ada["id"]], None)
    assert (second["row"], second["duplicates_of"], second["same_as_row"]) == (5, [], 3)
    assert fates(await run(desk, made)) == {"created": 2, "skipped": 2}
    assert len(await desk.all(CLIENTS)) == 3


async def test_a_family_of_many_rows_takes_one_request(desk: Desk, has: Has) -> None:
    await has("clients", phones=[{"id": str(uuid4()), "label": "Home", "number": "518 555 0100"}])
    text = "first name,phone\n" + "".join(f"Ada {n},518 555 0100\n" for n in range(10))
    made = await sent(desk, text)
    await checked(desk, made)
    answer = await desk.ask("POST", f"imports/{made['id']}/run", {"duplicates": "skip"})
    assert (answer.json()["state"], fates(answer.json())) == ("done", {"skipped": 10})


async def test_a_check_and_a_run_call_the_same_rows_wrong(desk: Desk, has: Has) -> None:
    await has("clients", phones=[{"id": str(uuid4()), "label": "Home", "number": "518 555 0100"}])
    made = await sent(desk, "first name,phone,notes\n,518 555 0100,a\n,518 555 0199,b\n")
    assert fates(await checked(desk, made)) == {"duplicate": 1, "error": 1}
    [like] = await rows(desk, made, "duplicate")
    assert "first name" in like["reasons"][""], "why it cannot be made is told all the same"
    assert fates(await run(desk, made)) == {"skipped": 1, "failed": 1}


async def test_who_is_there_already_is_created_all_the_same(desk: Desk, has: Has) -> None:
    await has("clients", first_name="Ada", last_name="Ferris", email=None, phones=[])
    made = await sent(desk, THREE)
    await checked(desk, made)
    assert fates(await run(desk, made, "create")) == {"created": 3}
    assert len(await desk.all(CLIENTS)) == 4


async def test_what_is_empty_in_who_is_there_is_filled_in_and_nothing_else(desk: Desk, has: Has) -> None:
    ada = await has(
        "clients", first_name="Ada", last_name="Ferris", email="a@other.example", phones=[], address=None
    )
    made = await sent(desk, THREE + "Ben,Ferris,,,\n")
    await checked(desk, made)
    assert fates(await run(desk, made, "fill")) == {"created": 2, "filled": 1, "skipped": 1}
    [filled] = await rows(desk, made, "filled")
    assert filled["record_id"] == ada["id"]
    now = (await desk.read(CLIENTS, ada["id"])).json()
    assert now["email"] == "a@other.example"
    assert [each["number"] for each in now["phones"]] == ["(518) 555-0100"]
    assert now["address"]["city"] == "Albany"
    assert len(await desk.all(CLIENTS)) == 3


async def test_a_client_number_makes_a_row_the_client_who_has_it(desk: Desk, has: Has) -> None:
    ada = await has("clients", first_name="Ada", last_name="Lang", client_number=77)
    made = await sent(desk, "client number,first name\n77,Adelheid\n78,Ben\n78,Benjamin\n")
    told = await checked(desk, made)
    assert fates(told) == {"create": 1, "duplicate": 2}
    assert (await rows(desk, made, "duplicate"))[0]["duplicates_of"] == [ada["id"]]
    assert fates(await run(desk, made, "create")) == {"created": 1, "failed": 2}
    assert {each["code"] for each in await rows(desk, made, "failed")} == {"not_unique"}


async def test_a_file_sent_again_makes_nobody_twice(desk: Desk) -> None:
    text = (
        "Company,First Name,Email\n"
        "Lakeside Club,,\nMill School,,\n,Ada,\n,Ben,ben@ferris.example\nMill School,,\n"
    )
    sendings = []
    for fate in ({"create": 4, "duplicate": 1}, {"duplicate": 5}):
        sendings.append(await sent(desk, text))
        assert fates(await checked(desk, sendings[-1])) == fate
        await run(desk, sendings[-1])
    assert len(await desk.all(CLIENTS)) == 4
    assert fates(await undone(desk, sendings[0])) == {"undone": 4, "skipped": 1}
    again = await sent(desk, text)
    assert fates(await checked(desk, again)) == {"create": 4, "duplicate": 1}
    assert fates(await run(desk, again, "create")) == {"created": 5}
    assert len(await desk.all(CLIENTS)) == 5


async def test_dates_that_may_be_read_either_way_are_asked_about(desk: Desk) -> None:
    made = await sent(desk, "first name,birthday\nAda,03/04/1984\nBen,05/05/1990\n")
    assert made["dates"] is None
    told = await checked(desk, made)
    assert fates(told) == {"create": 1, "error": 1}
    assert (await rows(desk, made, "error"))[0]["reasons"] == {
        "birthday": "Say whether the day or the month comes first."
    }
    told = await mapped(desk, told, "first_name", "birthday", dates="day_first")
    assert (told["state"], told["done"]) == ("waiting", 0)
    await checked(desk, told)
    await run(desk, told)
    assert {each["birthday"] for each in await desk.all(CLIENTS)} == {"1984-04-03", "1990-05-05"}


async def test_one_date_that_tells_the_order_tells_it_for_all(desk: Desk) -> None:
    made = await sent(desk, "first name,birthday\nAda,03/04/1984\nBen,05/25/1990\n")
    assert made["dates"] == "month_first"


async def test_a_mapping_must_fit_the_file_and_be_of_the_version_seen(desk: Desk) -> None:
    made = await sent(desk, THREE)
    path = f"imports/{made['id']}/mapping"
    wanting: dict[int, tuple[list[str | None], str | None]] = {
        428: (["first_name", None, None, None, None], None),
        412: (["first_name", None, None, None, None], '"7"'),
        422: (["first_name", "first_name", "nonsense", None, None], '"1"'),
    }
    for status, (fields, if_match) in wanting.items():
        answer = await desk.ask("PUT", path, {"fields": fields}, if_match=if_match)
        assert answer.status_code == status, answer.text
    assert answer.json()["reasons"] == {
        "fields.1": "Another column is this already.",
        "fields.2": "There is no such field.",
    }


async def test_words_of_lists_are_found_and_others_told(desk: Desk) -> None:
    text = (
        "first name,status,lead source,groups\n"
        "Ada,client,walk-in,families; weddings\nBen,Friend,From Eve,\nCleo,,From Eve,Nobody\n"
    )
    made = await sent(desk, text)
    told = await checked(desk, made)
    assert fates(told) == {"create": 1, "error": 2}
    assert [list(each["reasons"]) for each in await rows(desk, made, "error")] == [["status"], ["groups"]]
    await run(desk, made)
    [ada] = await desk.all(CLIENTS)
    assert ada["status_id"] is not None
    assert ada["lead_source_id"] is not None
    assert len(ada["group_ids"]) == 2


async def test_nothing_is_run_that_was_not_checked(desk: Desk) -> None:
    made = await sent(desk, THREE)
    answer = await desk.ask("POST", f"imports/{made['id']}/run", {"duplicates": "skip"})
    assert (answer.status_code, answer.json()["code"]) == (409, "import_not_checked")


async def test_the_report_is_a_table_that_holds_no_formula(desk: Desk) -> None:
    made = await sent(desk, 'first name,last name\n=HYPERLINK("http://x"),Ferris\n')
    await checked(desk, made)
    answer = await desk.ask("GET", f"imports/{made['id']}/rows.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    heads, row = answer.text.splitlines()
    assert heads == "row,fate,record_id,duplicates_of,same_as_row,code,reasons,first name,last name"
    assert row == '2,create,,,,,,"\'=HYPERLINK(""http://x"")",Ferris'


async def test_a_type_that_is_not_read_is_refused(desk: Desk) -> None:
    answer = await send(desk, b"%PDF-1.7", "application/pdf")
    assert (answer.status_code, answer.json()["code"]) == (415, "import_type_unknown")
    assert "text/csv" in answer.json()["allowed"]
