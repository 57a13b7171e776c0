"""How long a phone waits that asks for little, while something else is going on.

Such figures are judged on the scorecard alone: a machine that is busy with other things is no defect.
"""

from statistics import quantiles
from time import perf_counter

from tests.faults.phones import Phone


async def p99(phone: Phone, pulls: int) -> float:
    """Pull a small page so many times, each of them answered, and return what 99 of a hundred waited at most.

    In seconds.
    """
    seconds = []
    for _ in range(pulls):
        began = perf_counter()
        answer = await phone.client.post("/v1/sync/pull", json={"max_rows": 10}, headers=phone.headers)
        seconds.append(perf_counter() - began)
        assert answer.status_code == 200, answer.text
    return quantiles(seconds, n=100, method="inclusive")[-1]
