"""A FastAPI route that does nothing, on the loop and parser the app is served by."""

from fastapi import FastAPI

from app.sync.schemas import PullRequest

app = FastAPI()


@app.post("/pull")
async def pull(body: PullRequest) -> dict[str, bool]:
    """Take what a pull takes."""
    return {"has_more": body.cursor is not None}


@app.get("/ready")
async def ready() -> None:
    """Say that requests are answered."""
