"""People and devices as they go over the wire."""

from datetime import datetime
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from app.accounts.models import Edition, SubscriptionState
from app.http.schemas import Answer, Wire

MAX_SIGN_IN_BYTES = 32_000
"""In the body of a request that anybody may make."""
_ID = "6f1f2a54-7e0c-4c39-9b1e-0d9a53f2a7c1"
_INSTANT = "2026-05-04T09:30:00Z"


class PhoneReport(Wire):
    """What a phone says about itself when it signs in."""

    uid: UUID = Field(description="An id the app made once, at its installation.", examples=[_ID])
    name: str = Field(description="What its owner calls it.", examples=["Jo's phone"], max_length=200)
    model: str = Field(description="What its maker calls it.", examples=["Pixel 9"], max_length=200)
    platform: str = Field(description="The operating system.", examples=["android"], max_length=50)
    app_version: str = Field(description="The version of the app.", examples=["1.0.0"], max_length=50)
    schema_version: int = Field(
        description="The version of the records the app understands.", examples=[1], ge=1, le=10_000
    )


class LoginRequest(Wire):
    """The three words, and a phone or, without one, a desk."""

    account: str = Field(description="The account name, in any case.", examples=["demo"], max_length=200)
    initials: str = Field(description="The user's initials, in any case.", examples=["JD"], max_length=200)
    password: str = Field(
        description="The password.", examples=["a long walk by the sea"], min_length=1, max_length=256
    )
    device: PhoneReport | None = Field(
        None, description="The phone that signs in; absent when a desk does.", examples=[None]
    )


class RefreshRequest(Wire):
    """A refresh token, which can be used once."""

    refresh_token: str = Field(
        description="The latest refresh token.", examples=["bx8qVH4MTDmbHg2aU_Knwb5O…"], max_length=200
    )
    device_uid: UUID | None = Field(
        None,
        description="The uid the phone signed in with; when given, another phone's token is refused.",
        examples=[_ID],
    )
    app_version: str | None = Field(
        None, description="The version of the app, if it was updated.", examples=["1.1.0"], max_length=50
    )
    schema_version: int | None = Field(
        None,
        description="The version of the records the app understands; when left out, it is as it was.",
        examples=[1],
        ge=1,
        le=10_000,
    )


class PasswordRequest(Wire):
    """A user's change of their own password."""

    current_password: str = Field(
        description="The password until now.",
        examples=["a long walk by the sea"],
        min_length=1,
        max_length=256,
    )
    new_password: str = Field(
        description="The password from now on: 12 to 256 characters of any kind.",
        examples=["three ducks on a pond"],
        max_length=256,
    )


class ResetRequest(PasswordRequest):
    """The three words, and the password that takes the place of the one that must be reset."""

    account: str = Field(description="The account name, in any case.", examples=["demo"], max_length=200)
    initials: str = Field(description="The user's initials, in any case.", examples=["JD"], max_length=200)


class DeviceRequest(Wire):
    """An authorization for a user's next phone."""

    user_id: UUID = Field(description="The user whose phone may sign in.", examples=[_ID])
    studio_id: UUID | None = Field(
        None,
        description="The one studio it syncs with; Enterprise only, required there if several are in use.",
        examples=[None],
    )


class DeviceChange(Wire):
    """Whether a phone is shut out, and what becomes of its copy then."""

    is_inactive: bool = Field(description="True deactivates, false reactivates.", examples=[True])
    wipe: bool | None = Field(
        None,
        description="Only to deactivate: true orders the phone to clear its copy, false to keep it, and takes"
        " back an order it has not obeyed yet. Left out, an active phone is ordered to clear it.",
        examples=[False],
    )

    @model_validator(mode="after")
    def _only_when_shut_out(self) -> "DeviceChange":
        if self.wipe is not None and not self.is_inactive:
            raise PydanticCustomError("wipe_of_an_active_device", "Only a phone that is shut out is wiped.")
        return self


class WipeReceipt(Wire):
    """A phone's word that its local copy is gone."""

    wipe_order: str = Field(
        description="The order it obeyed, as it was received.", examples=["eyJhbGciOi…"], max_length=4096
    )


class AccountAnswer(Answer):
    """The account somebody signed in to."""

    id: UUID = Field(validation_alias="account_id", description="The account.", examples=[_ID])
    name: str = Field(validation_alias="account_name", description="The account name.", examples=["demo"])
    company_name: str = Field(description="The company.", examples=["Demo Studio"])
    edition: Edition = Field(description="What it has bought.", examples=["professional"])
    subscription_state: SubscriptionState = Field(description="How it stands.", examples=["active"])
    time_zone: str = Field(description="Where its days begin, an IANA name.", examples=["America/Denver"])
    country: str = Field(description="Its country, an ISO code.", examples=["US"])


class UserAnswer(Answer):
    """The user who signed in."""

    id: UUID = Field(validation_alias="user_id", description="The user.", examples=[_ID])
    initials: str = Field(description="The login name.", examples=["JD"])
    first_name: str = Field(description="First name.", examples=["Jo"])
    last_name: str = Field(description="Last name.", examples=["Doe"])
    display_name: str = Field(description="The name shown in lists.", examples=["Jo Doe"])
    email: str | None = Field(description="E-mail address.", examples=["jo@example.com"])
    is_administrator: bool = Field(description="Whether they manage users and devices.", examples=[True])


class DeviceAnswer(Answer):
    """A row of the account's devices."""

    id: UUID = Field(validation_alias="device_id", description="The row.", examples=[_ID])
    version: int = Field(description="Grows with each change, but not by syncing; the `ETag`.", examples=[1])
    user_id: UUID = Field(description="Whose phone it is.", examples=[_ID])
    studio_id: UUID | None = Field(description="The studio it syncs with.", examples=[None])
    name: str | None = Field(description="What its owner calls it.", examples=["Jo's phone"])
    model: str | None = Field(description="What its maker calls it.", examples=["Pixel 9"])
    platform: str | None = Field(description="The operating system.", examples=["android"])
    app_version: str | None = Field(description="The version of the app.", examples=["1.0.0"])
    is_bound: bool = Field(description="Whether a phone has signed in on it.", examples=[True])
    is_inactive: bool = Field(description="Whether it is shut out.", examples=[False])
    last_sync: datetime | None = Field(description="When it last completed a sync.", examples=[_INSTANT])
    queued: int | None = Field(
        description="How many changes it then had yet to send; none where it did not say.", examples=[0]
    )
    oldest_queued_at: datetime | None = Field(
        description="When the oldest of them was made; none where it holds none.", examples=[None]
    )
    authorized_at: datetime = Field(description="When it was authorized.", examples=[_INSTANT])
    authorized_by: UUID | None = Field(description="By whom; none for the house itself.", examples=[_ID])
    bound_at: datetime | None = Field(description="When the phone first signed in.", examples=[_INSTANT])
    deactivated_at: datetime | None = Field(description="When it was shut out.", examples=[None])
    deactivated_by: UUID | None = Field(description="By whom.", examples=[None])
    wipe_ordered_at: datetime | None = Field(
        description="Since when it is told to clear its copy; none where it keeps it.", examples=[None]
    )
    wiped_at: datetime | None = Field(description="When it confirmed that its copy is gone.", examples=[None])


class PublicKey(Answer):
    """A public key as a JWK (RFC 7517)."""

    kty: str = Field(description="Always `EC`.", examples=["EC"])
    crv: str = Field(description="Always `P-256`.", examples=["P-256"])
    x: str = Field(description="First coordinate.", examples=["f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"])
    y: str = Field(description="Second coordinate.", examples=["x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"])
    alg: str = Field(description="Always `ES256`.", examples=["ES256"])
    use: str = Field(description="Always `sig`.", examples=["sig"])
    kid: str = Field(
        description="Its id: its thumbprint (RFC 7638).",
        examples=["NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"],
    )


class SignedInAnswer(Answer):
    """Everything a client needs to go on with."""

    access_token: str = Field(description="Goes into the Authorization header.", examples=["eyJhbGciOi…"])
    token_type: str = Field(description="Always `Bearer`.", examples=["Bearer"])
    expires_in: int = Field(description="Seconds the access token lives.", examples=[900])
    refresh_token: str = Field(description="Gets the next access token, once.", examples=["bx8qVH4MTDmb…"])
    account: AccountAnswer = Field(description="The account.")
    user: UserAnswer = Field(description="The user.")
    device: DeviceAnswer | None = Field(description="The phone's row; none for a desk.")
    wipe_key: PublicKey = Field(description="Verifies a wipe order; nothing unsigned ever clears a phone.")
    server_time: datetime = Field(description="The server's clock.", examples=[_INSTANT])


class DeviceList(Answer):
    """The account's devices and how many more it may have."""

    devices: list[DeviceAnswer] = Field(description="The rows asked for, in the order asked for.")
    limit: int = Field(description="How many may be active: two for each licence.", examples=[4])
    in_use: int = Field(description="How many are active, bound or not.", examples=[3])
    over: int = Field(
        description="How many more that are than may be: they go on, and no new one is authorized.",
        examples=[0],
    )


class WipeReceived(Answer):
    """That the receipt has arrived."""

    wiped_at: datetime = Field(description="When it first arrived.", examples=[_INSTANT])
