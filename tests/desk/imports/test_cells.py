"""What people write into cells, and have in columns no other program has."""

from tests.contract.desks import Desk
from tests.desk.imports.uploading import checked, fates, mapped, rows, run, sent
from tests.samples import named

CLIENTS = named("clients")


async def test_a_family_in_one_row_is_a_client_and_her_family(desk: Desk) -> None:
    text = (
        "Client,Spouse,Children,Child 1,Child 1 birthday,Yearbook quote,Remarks,Custom text 2\n"
        '"Hartley, Laura",Tom Weaver,"Max, Eve and Ann",Emma Hartley,3/19/14,Onwards,Early riser,Blue\n'
    )
    made = await sent(desk, text)
    assert [each["name"] for each in made["columns"] if each["field"] is None] == ["Yearbook quote"]
    await checked(desk, made)
    await run(desk, made)
    [laura] = await desk.all(CLIENTS)
    assert [
        (each["first_name"], each["last_name"], each["relationship"], each["birthday"])
        for each in laura["family"]
    ] == [
        ("Tom", "Weaver", "Spouse", None),
        ("Max", None, "Child", None),
        ("Eve", None, "Child", None),
        ("Ann", None, "Child", None),
        ("Emma", None, None, "2014-03-19"),
    ]
    assert (laura["notes"], laura["custom"]["text_2"]) == ("Early riser", "Blue")


async def test_a_name_in_parts_goes_before_a_whole_one_and_numbers_are_no_names(desk: Desk) -> None:
    text = (
        "Client,First,Last,Client #,Organization,State/Province,ZIP/Postal Code,Group,How did you hear?\n"
        "Adelheid Lang,Ada,Ferris,1028,,NY,12180,,\n"
    )
    made = await sent(desk, text)
    fields = [each["field"] for each in made["columns"]]
    assert fields == [
        *(None, "first_name", "last_name", "client_number", "company_name"),
        *("address.region", "address.postal_code", "groups", "lead_source"),
    ]
    told = await mapped(desk, made, "full_name", *fields[1:])
    assert fates(await checked(desk, told)) == {"create": 1}
    [row] = await rows(desk, told)
    assert list(row["reasons"]) == ["full_name"], "what is not read is told"


async def test_a_second_address_is_the_postal_one(desk: Desk) -> None:
    made = await sent(
        desk, "first name,Line 1,City,Line 1,City,City\nAda,4 Mill Road,Troy,PO Box 4,Albany,\n"
    )
    assert [each["field"] for each in made["columns"]][1:] == [
        "address.line_1",
        "address.city",
        "mailing_address.line_1",
        "mailing_address.city",
        None,
    ]


async def test_columns_that_have_no_field_are_notes_under_their_headings(desk: Desk) -> None:
    made = await sent(desk, "first name,comments,Pets,Favourite colour\nAda,shy,two dogs,\n")
    body = {"fields": ["first_name", "notes", "notes", "notes"]}
    answer = await desk.ask("PUT", f"imports/{made['id']}/mapping", body, if_match='"1"')
    await checked(desk, answer.json())
    await run(desk, made)
    [ada] = await desk.all(CLIENTS)
    assert ada["notes"] == "shy\nPets: two dogs"


async def test_numbers_are_taken_however_many_stand_in_a_cell(desk: Desk) -> None:
    text = (
        "first name,cell,cell 2,home phone,phone\n"
        "Ada,518-555-0101 / 518-555-0102,518-555-0103,n/a,518 555 0104 (work)\n"
        'Ben,,,"(518) 555-0105, ext. 12",unlisted\n'
        "Cleo,5.18556E+09,,,\n"
    )
    made = await sent(desk, text)
    told = await checked(desk, made)
    assert fates(told) == {"create": 1, "error": 2}
    wrong = await rows(desk, made, "error")
    assert [each["reasons"]["phones"] for each in wrong] == [
        "This is not a telephone number.",
        "The spreadsheet has shortened this number: widen its column there, and save it again.",
    ]
    await run(desk, made)
    [ada] = await desk.all(CLIENTS)
    assert [(each["label"], each["number"]) for each in ada["phones"]] == [
        ("Mobile", "518-555-0101"),
        ("Mobile", "518-555-0102"),
        ("Mobile", "518-555-0103"),
        ("Work", "518 555 0104"),
    ]


async def test_a_report_that_was_mended_is_sent_again(desk: Desk) -> None:
    made = await sent(desk, "first name,phone,birthday\nAda,+1 518 555 0101,1984-02-31\nBen,,\n")
    await checked(desk, made)
    await run(desk, made)
    report = (await desk.ask("GET", f"imports/{made['id']}/rows.csv?fate=failed")).text
    again = await sent(desk, report.replace("1984-02-31", "1984-02-28"))
    assert fates(await checked(desk, again)) == {"create": 1}
    await run(desk, again)
    [ada] = [each for each in await desk.all(CLIENTS) if each["first_name"] == "Ada"]
    assert (ada["phones"][0]["number"], ada["birthday"]) == ("+1 518 555 0101", "1984-02-28")
