"""What is going to end says so, in the document and with every answer; the rest says nothing."""

from datetime import date

import httpx
import pytest
from fastapi import FastAPI, Response

from app.http.deprecation import deprecated
from app.http.limits import RateLimits
from app.http.porch import build_porch
from app.http.problems import refusals_of
from app.openapi import deprecating

ENDS = deprecated(date(2027, 1, 1), date(2028, 1, 1), "plates_list")


@pytest.fixture(scope="module")
def app() -> FastAPI:
    made = FastAPI()

    @made.get("/slides", tags=["slides"], operation_id="slides_list", openapi_extra=ENDS)
    async def slides() -> list[str]:
        """List slides."""
        return []

    @made.get("/plates", tags=["plates"], operation_id="plates_list", responses=refusals_of())
    async def plates() -> list[str]:
        """List plates."""
        return []

    @made.get("/lights", tags=["slides"], operation_id="lights_list", openapi_extra=ENDS)
    async def lights(response: Response) -> list[str]:
        """List lights."""
        response.headers["Link"] = '</lights?page=2>; rel="next"'
        return []

    some = deprecated(date(2027, 1, 1), date(2028, 1, 1), "plates_list", collections=["clients"])

    @made.get("/records/{collection}", tags=["desk"], operation_id="desk_list", openapi_extra=some)
    async def records(collection: str) -> list[str]:
        """List records."""
        return [collection]

    build_porch(made, RateLimits(per_address=100, per_caller=100, per_key=100))
    return made


async def test_its_answers_say_since_when_until_when_and_where_to_read_on(app: FastAPI) -> None:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://studio.test") as client:
        ending, staying = (await client.get("/slides")).headers, (await client.get("/plates")).headers
    assert ending["deprecation"] == "@1798761600"
    assert ending["sunset"] == "Sat, 01 Jan 2028 00:00:00 GMT"
    assert ending["link"] == '</docs/api/slides#slides_list>; rel="deprecation"; type="text/html"'
    assert not {"deprecation", "sunset", "link"} & {*staying}


async def test_a_link_of_its_own_stays_and_one_collection_ends_by_itself(app: FastAPI) -> None:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://studio.test") as client:
        lights = (await client.get("/lights")).headers.get_list("link")
        clients, tasks = (
            (await client.get("/records/clients")).headers,
            (await client.get("/records/tasks")).headers,
        )
    assert [each.partition(";")[0] for each in lights] == [
        "</lights?page=2>",
        "</docs/api/slides#lights_list>",
    ]
    assert clients["link"].startswith("</docs/api/clients#clients_list>")
    assert not {"deprecation", "sunset", "link"} & {*tasks}


def test_the_document_says_so_in_words_and_declares_the_headers(app: FastAPI) -> None:
    made = FastAPI.openapi(app)
    deprecating.tell(made)
    ending, staying = made["paths"]["/slides"]["get"], made["paths"]["/plates"]["get"]
    assert ending["deprecated"]
    assert "ends on 2028-01-01. Use `plates_list`." in ending["description"]
    assert {"Deprecation", "Sunset", "Link"} <= {*ending["responses"]["200"]["headers"]}
    assert {"Deprecation", "Sunset", "Link"} <= {*made["components"]["headers"]}
    assert "deprecated" not in staying
    assert "headers" not in staying["responses"]["200"]


def test_nothing_ends_on_the_day_it_is_deprecated() -> None:
    with pytest.raises(ValueError, match="for a while"):
        deprecated(date(2027, 1, 1), date(2027, 1, 1), "plates_list")
