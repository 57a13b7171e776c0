"""Arrays that travel as text arrive as what they were."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.core.arrays import columns, parameters
from app.core.db import Database

ONE, OTHER = UUID(int=1), UUID(int=2)


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("bigint", [2**62, -1, 0]),
        ("smallint", [7, 7, 7]),
        ("boolean", [True, False, None]),
        ("uuid", [ONE, None, OTHER]),
        ("date", [date(2026, 6, 13), None, date.max, date(999, 1, 1)]),
        ("date", [None, None]),
        ("text", ['{"first_name":[17,1]}', "{1,2}", "{}", "", "NULL", 'a\\"b', "é\n"]),
        ("varchar", ["users", "users"]),
        ("varchar", ["users", "security_groups"]),
        ("bytea", [b"\x00\xff", None, b""]),
        ("bigint", []),
    ],
)
async def test_values_arrive_as_they_were(database: Database, kind: str, values: list[Any]) -> None:
    kinds = ["smallint", kind]
    rows = list(enumerate(values))
    sql = f"SELECT place, value FROM unnest({parameters(kinds, 1)}) AS sent(place, value) ORDER BY place"
    async with database.reading(uuid4()) as session:
        found = await session.raw.fetch(sql, *columns(kinds, rows))
    assert [(row["place"], row["value"]) for row in found] == rows
