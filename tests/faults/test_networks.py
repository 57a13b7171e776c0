"""Networks that repeat, reorder, delay and lose, on real sockets; and what is sent again much later."""

import asyncio
from random import Random
from uuid import UUID

import httpx
import orjson
import pytest

from tests.accounts.studios import Studio
from tests.facts import Property
from tests.faults.ledger import settle, share_a_client
from tests.faults.phones import Json, Phone
from tests.faults.serving import Cluster
from tests.samples import sample


class BadNetwork(httpx.AsyncBaseTransport):
    """Of ten requests two are sent twice, two arrive after later ones, and of one the answer is lost."""

    def __init__(self, seed: int) -> None:
        self.repeated = 0
        self.faults = 0
        self._inside = httpx.AsyncHTTPTransport()
        self._random = Random(seed)  # noqa: S311 - a repeatable run, no secret
        self._late: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, unless something goes wrong."""
        chance = self._random.random()
        self.faults += chance < 0.5
        if chance < 0.2:
            self._late.append(request)
            raise httpx.ReadError("a tunnel")
        answer = await self._pass_on(request)
        if self._late:
            await asyncio.gather(*(self._pass_on(self._late.pop()) for _ in range(len(self._late))))
        if chance < 0.4:
            answer = await self._pass_on(request)
        elif chance < 0.5:
            raise httpx.ReadError("a tunnel")
        return answer

    async def _pass_on(self, request: httpx.Request) -> httpx.Response:
        self.repeated += 1
        answer = await self._inside.handle_async_request(request)
        await answer.aread()
        return answer

    async def aclose(self) -> None:
        """Hang up."""
        await self._inside.aclose()


@pytest.mark.parametrize("many", [40, pytest.param(3_000, marks=pytest.mark.proof)])
async def test_a_network_that_repeats_reorders_and_loses_changes_nothing(
    cluster: Cluster,
    studio: Studio,
    phones: list[Phone],
    many: int,
    record_property: Property,
) -> None:
    """X-08 (P2, P3): every change takes effect once, in its order, and all repeats get one verdict."""
    await share_a_client(phones[0])
    over, answers, networks = asyncio.Event(), asyncio.Queue[None](), [BadNetwork(seed) for seed in (1, 2)]
    async with asyncio.TaskGroup() as tasks:
        for phone, network in zip(phones, networks, strict=True):
            phone.client = httpx.AsyncClient(base_url=studio.client.base_url, timeout=30, transport=network)
            tasks.create_task(phone.use(over, answers))
        for _ in range(many):
            await answers.get()
        over.set()
    for phone in phones:
        await phone.client.aclose()
        phone.client = studio.client
    found = await settle(cluster, studio, phones)
    record_property("counted: faults of networks", sum(network.faults for network in networks))
    record_property("counted: changes acknowledged on bad networks", found.compared)
    record_property("counted: changes lost or done twice on bad networks", found.wrong)
    assert found.is_whole


@pytest.mark.parametrize(
    ("pushes", "times"), [(3, 2), pytest.param(20, 100, marks=pytest.mark.proof)], ids=["few", "a million"]
)
async def test_what_is_sent_again_and_again_takes_effect_once(
    phones: list[Phone], pushes: int, times: int, record_property: Property
) -> None:
    """X-08 (P2): full pushes sent many times over, in any order, some at once; nothing moves."""
    phone, random = phones[0], Random(times)  # noqa: S311 - a repeatable run, no secret
    bodies = [full_push(1 + 500 * number, random) for number in range(pushes)]
    first = [(await send(phone, body))["results"] for body in bodies]
    assert {verdict["verdict"] for results in first for verdict in results} == {"applied"}
    revision, repeated, twice = (await send(phone, bodies[-1]))["revision"], 0, 0
    for _ in range(times):
        order = random.sample(range(pushes), pushes)
        for two in zip(order[::2], order[1::2], strict=False):
            answers = await asyncio.gather(*(send(phone, bodies[number]) for number in two))
            for number, answer in zip(two, answers, strict=True):
                repeated += len(answer["results"])
                twice += sum(then != now for then, now in zip(first[number], answer["results"], strict=True))
                assert answer["revision"] == revision
    record_property("counted: changes sent again", repeated)
    record_property("counted: changes sent again that took effect twice", twice)
    assert twice == 0


def full_push(first: int, random: Random) -> bytes:
    """Return as many new tasks as a push may carry."""
    fields = sample("tasks")
    changes = [
        {
            "n": first + number,
            "collection": "tasks",
            "id": str(UUID(int=random.getrandbits(128), version=4)),
            "op": "create",
            "fields": fields,
        }
        for number in range(500)
    ]
    return orjson.dumps({"first": first, "changes": changes})


async def send(phone: Phone, body: bytes) -> Json:
    """Send a push until it is answered."""
    headers = {**phone.headers, "Content-Type": "application/json"}
    while (answer := await phone.client.post("/v1/sync/push", content=body, headers=headers)).is_error:
        assert answer.status_code in (429, 503), answer.text[:300]
    told: Json = answer.json()
    return told
