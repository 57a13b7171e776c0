"""Accounts as their own people and the operator see them over the wire."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from app.accounts.models import Edition, SubscriptionState
from app.accounts.people_schemas import Word
from app.core.job_runs import JobOutcome
from app.http.schemas import Answer, Wire

_ID = "6f1f2a54-7e0c-4c39-9b1e-0d9a53f2a7c1"
_INSTANT = "2026-05-04T09:30:00Z"

Zone = Annotated[str, StringConstraints(max_length=50)]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
Licences = Annotated[int, Field(ge=0, le=10_000)]


class AccountChange(Wire):
    """What an administrator may decide for the whole account."""

    is_security_active: bool = Field(description="True, and for good: levels count.", examples=[True])


class PoolAnswer(Answer):
    """The places for devices: two for each licence."""

    limit: int = Field(description="How many devices may be active.", examples=[10])
    in_use: int = Field(description="How many are, bound or not.", examples=[7])
    over: int = Field(
        description="How many more that are than may be: they go on, and no new one is authorized.",
        examples=[0],
    )


class AccountStanding(Answer):
    """How an account stands."""

    id: UUID = Field(description="The account.", examples=[_ID])
    version: int = Field(description="Grows with each change; the `ETag`.", examples=[2])
    name: str = Field(description="The account name.", examples=["demo"])
    company_name: str = Field(description="The company.", examples=["Demo Studio"])
    edition: Edition = Field(description="What it has bought.", examples=["professional"])
    licences: int = Field(description="Paid user licences.", examples=[5])
    subscription_state: SubscriptionState = Field(description="How it stands.", examples=["active"])
    time_zone: str = Field(description="Where its days begin, an IANA name.", examples=["America/Denver"])
    country: str = Field(description="Its country, an ISO code.", examples=["US"])
    is_security_active: bool = Field(description="Whether levels count.", examples=[True])
    devices: PoolAnswer = Field(description="Its places for devices.")
    created_at: datetime = Field(description="When it was made.", examples=[_INSTANT])
    changed_at: datetime = Field(description="When it last changed.", examples=[_INSTANT])


class AdministratorRequest(Wire):
    """The first administrator of a new account."""

    initials: str = Field(
        description="The login name: one to ten letters or digits.", examples=["JD"], max_length=10
    )
    password: str = Field(
        description="The first password: 12 to 256 characters of any kind.",
        examples=["three ducks on a pond"],
        max_length=256,
    )
    must_reset: bool = Field(
        True, description="Whether it must be changed before it opens anything.", examples=[True]
    )
    first_name: Word = Field(description="First name.", examples=["Jo"])
    last_name: Word = Field(description="Last name.", examples=["Doe"])


class AccountRequest(Wire):
    """A new account."""

    name: str = Field(
        description="The account name: a host name's label, in any case.", examples=["harbor"], max_length=63
    )
    company_name: Word = Field(description="The company.", examples=["Harbor Light Portraits"])
    edition: Edition = Field(
        Edition.PROFESSIONAL, description="What it has bought.", examples=["professional"]
    )
    licences: Licences = Field(1, description="Paid user licences.", examples=[5])
    subscription_state: SubscriptionState = Field(
        SubscriptionState.TRIAL, description="How it stands.", examples=["trial"]
    )
    time_zone: Zone = Field(description="An IANA name.", examples=["America/New_York"])
    country: Country = Field(description="An ISO code.", examples=["US"])
    administrator: AdministratorRequest = Field(description="Who administers it first.")


class OperatorChange(Wire):
    """What is to be different of an account; what is left out stays."""

    company_name: Word | None = Field(None, description="The company.", examples=["Harbor Light Portraits"])
    edition: Edition | None = Field(None, description="What it has bought.", examples=["enterprise"])
    licences: Licences | None = Field(None, description="Paid user licences.", examples=[5])
    subscription_state: SubscriptionState | None = Field(
        None, description="How it stands.", examples=["active"]
    )
    time_zone: Zone | None = Field(None, description="An IANA name.", examples=["America/New_York"])
    country: Country | None = Field(None, description="An ISO code.", examples=["US"])


class AccountEntry(Answer):
    """An account in the directory."""

    id: UUID = Field(description="The account.", examples=[_ID])
    name: str = Field(description="The account name.", examples=["harbor"])


class JobEntry(Answer):
    """Something that is done by itself, by the process that leads or led last."""

    name: str = Field(description="What the log and the figures call it.", examples=["forget letters"])
    every_seconds: int = Field(description="About how often it is done.", examples=[86_400])
    last_began: datetime | None = Field(
        description="When it last began; null before the first time.", examples=[_INSTANT]
    )
    last_done: datetime | None = Field(
        description="When it was last done whole; null if never.", examples=[_INSTANT]
    )
    outcome: JobOutcome | None = Field(
        description="What came of it the last time: `done`, `unfinished` where something was left, `failed`.",
        examples=["done"],
    )
    seconds: float | None = Field(description="How long that took.", examples=[1.5])
    last_taken_away: int = Field(description="How many rows it took away then.", examples=[412])
    taken_away: int = Field(description="How many it has taken away in all.", examples=[96_311])
    is_late: bool = Field(
        description="Whether it was not done for twice its time and half an hour.", examples=[False]
    )


class JobPage(Answer):
    """What is done by itself."""

    jobs: list[JobEntry] = Field(description="By their names; none where no process ever led.")


class AccountPage(Answer):
    """Some of the accounts there are."""

    accounts: list[AccountEntry] = Field(description="By their names.")
    next_page: str | None = Field(description="The `page` to go on with; none at the end.", examples=[None])
