"""The client list as it goes over the wire."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.http.schemas import Answer
from app.studio.clients import ClientType

MOST = 500
USUAL = 100
MOST_CHARACTERS = 200
MOST_WORDS = 10
OTHERS = "#"
"""What those are under whose names begin with no letter from A to Z."""
_ID = "0b0f2f0a-6f0e-4a55-9a59-5f6f3c1a4001"
_STATUS = "5d0c6c34-7a5d-4a0e-9a9e-3d6f3c1a1340"
_LETTER = "The letter the client stands under; `#` for digits and all that is no letter from A to Z."


class ClientSearch(BaseModel):
    """Which clients are wanted; a parameter that is not known would be one that is missed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    search: str = Field(
        "",
        max_length=MOST_CHARACTERS,
        description="What was typed so far: each word is the beginning of one in the first name, last name,"
        f" company, client number or status. At most {MOST_WORDS} words.",
        examples=["lau har"],
    )


class ClientListQuery(ClientSearch):
    """Which part of the list is wanted."""

    letter: Annotated[str, StringConstraints(pattern=r"^[A-Za-z#]$")] | None = Field(
        None,
        description="Where the list begins: with this letter, or with the next one anybody stands under.",
        examples=["H"],
    )
    limit: int = Field(USUAL, ge=1, le=MOST, description="The most clients in the page.", examples=[USUAL])
    page: str | None = Field(
        None,
        max_length=4_000,
        description="The `next_page` of the page before, with the same `search` and `letter`.",
        examples=["WyI5ZjFj"],
    )


class ListedClient(Answer):
    """A client as a list shows one."""

    id: UUID = Field(description="The client.", examples=[_ID])
    letter: str = Field(description=_LETTER, examples=["H"])
    first_name: str | None = Field(description="First name.", examples=["Laura"])
    last_name: str | None = Field(description="Last name.", examples=["Hartley"])
    company_name: str | None = Field(
        description="The client's company, or the organization whose name is shown in its place.",
        examples=["Hartley & Sons"],
    )
    client_number: int | None = Field(description="None for a prospect.", examples=[1042])
    client_type: ClientType = Field(description="A person or a business.", examples=["consumer"])
    status_id: UUID | None = Field(
        description="How far the client has come with the studio.", examples=[_STATUS]
    )
    status_name: str | None = Field(description="What that status is called.", examples=["Client"])


class ClientListAnswer(Answer):
    """A page of the client list."""

    clients: list[ListedClient] = Field(description="Clients by last name.")
    next_page: str | None = Field(
        description="What to send as `page` for more; none at the end.", examples=["WyI5ZjFj"]
    )


class LetterAnswer(Answer):
    """A letter of the index."""

    letter: str = Field(description=_LETTER, examples=["H"])
    count: int = Field(description="How many clients stand under it, 0 among them.", examples=[42])


class ClientIndexAnswer(Answer):
    """The index of the client list."""

    letters: list[LetterAnswer] = Field(description="A to Z, then `#`: each, in the order of the list.")
    total: int = Field(description="How many clients these are together.", examples=[1_280])
