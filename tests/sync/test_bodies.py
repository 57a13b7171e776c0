"""A body is sent without the parts a rule leaves out, to the byte, and counts for as long as it is."""

from uuid import uuid4

import pytest

from app.core.db import Database
from app.sync.bodies import BODY, COST
from app.sync.rendering import is_carried, joined, late_bit

_ASKED = f"""
SELECT {BODY}, bytes FROM (SELECT f.*, {COST} AS bytes FROM (
    SELECT true AS is_put, $1::integer AS wanted_omit, $2::integer[] AS sizes, $3::bytea AS body,
           $4::bytea AS preview) AS f) AS f
"""
NOTES, CUSTOM, CONTENT = b',"notes":"Blurred."', b',"size":10', b',"text":"Dear Laura, soon."'
CUT, COVER, MEMO = b',"text":"Dear"', b',"cover":"A tree"', b',"memo":"Sort it."'


@pytest.mark.parametrize(
    "parts",
    [
        [NOTES, CUSTOM, CONTENT, CUT],
        [NOTES, CUSTOM, CONTENT, CONTENT],
        [NOTES, b"", b"", b""],
        [b"", b"", b"", b""],
        [NOTES, CUSTOM, CONTENT, CUT, COVER, MEMO],
        [b"", CUSTOM, CONTENT, CONTENT, b"", MEMO],
    ],
)
async def test_every_choice_of_parts_is_cut_out_of_the_body(database: Database, parts: list[bytes]) -> None:
    core = b'{"id":"1"'
    sizes, body = [len(core), *map(len, parts)], joined(core, parts)
    async with database.reading(uuid4()) as session:
        for wanted in range(late_bit(3)):
            carried = [part for place, part in enumerate(parts, 1) if is_carried(place, wanted)]
            found = await session.raw.fetchrow(_ASKED, wanted, sizes, body, parts[3])
            assert found is not None
            assert found["body"] == core + b"".join(carried), f"{wanted:b}"
            assert found["bytes"] == len(found["body"]) + 2, "its closing brace and a comma"
