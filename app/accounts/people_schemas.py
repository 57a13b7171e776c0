"""Users, security groups and features as they go over the wire."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, StringConstraints

from app.accounts.models import UserList
from app.core.principal import Level
from app.http.schemas import Answer, Wire

_ID = "6f1f2a54-7e0c-4c39-9b1e-0d9a53f2a7c1"
_GROUP = "0d5c2c1e-6a0f-4f6e-8a41-2b7f1c9e3d10"
_INSTANT = "2026-05-04T09:30:00Z"
_PASSWORD = "three ducks on a pond"  # noqa: S105 - an example

Word = Annotated[str, StringConstraints(min_length=1, max_length=100, strip_whitespace=True)]
Address = Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+$", max_length=254)]
Key = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,50}$")]
Levels = Annotated[dict[Key, Level], Field(max_length=200)]
Lists = Annotated[list[UserList], Field(max_length=20)]
Ids = Annotated[list[UUID], Field(max_length=100)]

_GROUP_OF = "The security group: none, one of the account's, or the account's own id for its administrators."
_LEVELS = "Levels by feature that go before those of the group."
_STUDIOS = "The studios of an enterprise they work in; all of them where none is named."


def _initials(default: Any) -> Any:
    return Field(
        default, description="The login name: one to ten letters or digits.", examples=["PK"], max_length=10
    )


class UserRequest(Wire):
    """A new user."""

    initials: str = _initials(...)
    password: str = Field(
        description="The first password: 12 to 256 characters of any kind.",
        examples=[_PASSWORD],
        max_length=256,
    )
    must_reset: bool = Field(
        True, description="Whether it must be changed before it opens anything.", examples=[True]
    )
    first_name: Word = Field(description="First name.", examples=["Pat"])
    last_name: Word = Field(description="Last name.", examples=["Kerr"])
    display_name: Word | None = Field(
        None, description="The name shown in lists; first and last name if it is left out.", examples=[None]
    )
    email: Address | None = Field(None, description="E-mail address.", examples=["pat@example.com"])
    show_on_calendar: bool = Field(True, description="Whether their schedule can be opened.", examples=[True])
    lists: Lists = Field(
        default_factory=list, description="The drop-down lists they appear on.", examples=[["photographer"]]
    )
    department_ids: Ids = Field(
        default_factory=list, description="The departments they belong to.", examples=[[]]
    )
    studio_ids: Ids = Field(default_factory=list, description=_STUDIOS, examples=[[]])
    security_group_id: UUID | None = Field(None, description=_GROUP_OF, examples=[None])
    levels: Levels = Field(
        default_factory=dict, description=_LEVELS, examples=[{"client_merge": "full_access"}]
    )


class UserChange(Wire):
    """What is to be different of a user; what is left out stays."""

    initials: str | None = _initials(None)
    first_name: Word | None = Field(None, description="First name.", examples=["Pat"])
    last_name: Word | None = Field(None, description="Last name.", examples=["Kerr"])
    display_name: Word | None = Field(None, description="The name shown in lists.", examples=["Pat Kerr"])
    email: Address | None = Field(None, description="E-mail address.", examples=["pat@example.com"])
    is_active: bool | None = Field(None, description="Whether they may come in.", examples=[True])
    must_reset: bool | None = Field(
        None,
        description="Whether the password must be changed; true ends all their sign-ins.",
        examples=[False],
    )
    show_on_calendar: bool | None = Field(
        None, description="Whether their schedule can be opened.", examples=[True]
    )
    lists: Lists | None = Field(
        None, description="The drop-down lists they appear on.", examples=[["photographer"]]
    )
    department_ids: Ids | None = Field(None, description="The departments they belong to.", examples=[[]])
    studio_ids: Ids | None = Field(None, description=_STUDIOS, examples=[[]])
    security_group_id: UUID | None = Field(None, description=_GROUP_OF, examples=[None])
    levels: Levels | None = Field(None, description=_LEVELS, examples=[{"client_merge": "full_access"}])


class PasswordAssignment(Wire):
    """Another password for a user."""

    new_password: str = Field(
        description="The password from now on: 12 to 256 characters of any kind.",
        examples=[_PASSWORD],
        max_length=256,
    )
    must_reset: bool = Field(
        True, description="Whether it must be changed before it opens anything.", examples=[True]
    )


class PersonAnswer(Answer):
    """A user of the account."""

    id: UUID = Field(description="The user; also the id of the record in `staff`.", examples=[_ID])
    version: int = Field(description="Grows with each change; the `ETag`.", examples=[3])
    initials: str = Field(description="The login name.", examples=["PK"])
    first_name: str = Field(description="First name.", examples=["Pat"])
    last_name: str = Field(description="Last name.", examples=["Kerr"])
    display_name: str = Field(description="The name shown in lists.", examples=["Pat Kerr"])
    email: str | None = Field(description="E-mail address.", examples=["pat@example.com"])
    is_active: bool = Field(description="Whether they may come in.", examples=[True])
    is_administrator: bool = Field(description="Whether they may do everything.", examples=[False])
    must_reset: bool = Field(description="Whether the password must be changed first.", examples=[False])
    show_on_calendar: bool = Field(description="Whether their schedule can be opened.", examples=[True])
    lists: list[UserList] = Field(
        description="The drop-down lists they appear on.", examples=[["photographer"]]
    )
    department_ids: list[UUID] = Field(description="The departments they belong to.", examples=[[]])
    studio_ids: list[UUID] = Field(description=_STUDIOS, examples=[[]])
    security_group_id: UUID | None = Field(description=_GROUP_OF, examples=[_GROUP])
    levels: dict[str, Level] = Field(description=_LEVELS, examples=[{"client_merge": "full_access"}])
    created_at: datetime = Field(description="When they were made.", examples=[_INSTANT])
    changed_at: datetime = Field(description="When they last changed.", examples=[_INSTANT])


class UserPage(Answer):
    """Some of the account's users."""

    users: list[PersonAnswer] = Field(description="In the order of their ids.")
    next_page: UUID | None = Field(description="The `page` to go on with; none at the end.", examples=[None])


class Permissions(Answer):
    """What who asks may do now."""

    is_security_active: bool = Field(description="Whether levels count in this account.", examples=[True])
    levels: dict[str, Level] = Field(
        description="Their level of each feature.",
        examples=[{"clients": "add_modify", "devices": "no_access"}],
    )


class GroupRequest(Wire):
    """A new security group."""

    name: Word = Field(description="What it is called; no two alike.", examples=["Seasonal staff"])
    levels: Levels = Field(
        default_factory=dict,
        description="Levels by feature; the features' own where none is given.",
        examples=[{"invoices": "no_access", "clients": "view_only"}],
    )


class GroupChange(Wire):
    """What is to be different of a security group; what is left out stays."""

    name: Word | None = Field(None, description="What it is called.", examples=["Seasonal staff"])
    levels: Levels | None = Field(
        None, description="Levels by feature, all there are to be.", examples=[{"invoices": "no_access"}]
    )


class GroupAnswer(Answer):
    """A security group of the account."""

    id: UUID = Field(description="The group; of the administrators the account's id.", examples=[_GROUP])
    version: int = Field(description="Grows with each change; the `ETag`.", examples=[1])
    name: str = Field(description="What it is called.", examples=["Seasonal staff"])
    is_built_in: bool = Field(
        description="That of the administrators, who may do everything.", examples=[False]
    )
    members: int = Field(description="How many users are in it, active or not.", examples=[4])
    levels: dict[str, Level] = Field(
        description="Levels by feature; the features' own where none is given.",
        examples=[{"invoices": "no_access", "clients": "view_only"}],
    )


class GroupList(Answer):
    """The account's security groups."""

    groups: list[GroupAnswer] = Field(
        description="That of the administrators, then the others by their names."
    )


class FeatureAnswer(Answer):
    """Something rights are given for."""

    key: str = Field(description="Its key.", examples=["client_merge"])
    label: str = Field(description="What people call it.", examples=["Client merge"])
    description: str = Field(description="What it is.", examples=["Making one client of two, for good."])
    default: Level = Field(description="The level of whom nobody gave one.", examples=["no_access"])
    least: Level = Field(description="The lowest level that can be given.", examples=["no_access"])
    is_guarded: bool = Field(
        description="It is the administrators' alone until security is active.", examples=[False]
    )


class FeatureList(Answer):
    """All that rights are given for, and the levels there are."""

    features: list[FeatureAnswer] = Field(description="By their keys.")
    levels: list[Level] = Field(
        description="Each has all those before it.", examples=[["no_access", "view_only"]]
    )
