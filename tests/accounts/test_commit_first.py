"""An answer that says done is sent when it is done."""

import httpx
from fastapi import FastAPI

from app.accounts.guards import Writing
from tests.accounts.studios import Studio, bearer


async def test_a_commit_that_fails_is_never_answered_by_success(app: FastAPI, studio: Studio) -> None:
    @app.post("/breaks")
    async def breaks(work: Writing) -> str:
        # A foreign key that is checked at commit stands for whatever may go wrong there.
        await work.session.raw.execute(
            "CREATE TEMP TABLE later (id int PRIMARY KEY,"
            " of int REFERENCES later DEFERRABLE INITIALLY DEFERRED) ON COMMIT DROP"
        )
        await work.session.raw.execute("INSERT INTO later VALUES (1, 2)")
        return "done"

    headers = bearer(await studio.signed_in())
    answer: httpx.Response = await studio.client.post("/breaks", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert (await studio.client.post("/v1/auth/logout", headers=headers)).status_code == 204
