"""Text lines as they go over the wire; the token comes in and never goes out."""

from typing import Annotated

from pydantic import Field, StringConstraints

from app.http.schemas import Answer, Wire

_HOOK = "https://studio.example/v1/text-hooks/AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8/incoming"
AccountSid = Annotated[str, StringConstraints(pattern=r"^AC[0-9a-f]{32}$")]
ServiceSid = Annotated[str, StringConstraints(pattern=r"^MG[0-9a-f]{32}$")]
Token = Annotated[str, StringConstraints(pattern=r"^[!-~]{8,200}$")]
Number = Annotated[str, StringConstraints(pattern=r"^\+[1-9][0-9]{4,14}$")]
MonthlyLimit = Annotated[int, Field(ge=0, le=1_000_000)]
_ACCOUNT = "AC00112233445566778899aabbccddeeff"
_SERVICE = "MG00112233445566778899aabbccddeeff"


class TextLineRequest(Wire):
    """By which line an account's texts go: one of Twilio's."""

    account_sid: AccountSid = Field(description="The account there.", examples=[_ACCOUNT])
    auth_token: Token | None = Field(
        None,
        description="Its token, which signs what comes in, too; left out, the one that is kept.",
        examples=["5f3c1a4100018a374c559d212b6d1f0e"],
    )
    from_number: Number | None = Field(
        None,
        description="The number texts come from, with its country's code; or else a messaging service.",
        examples=["+15185550100"],
    )
    messaging_service_sid: ServiceSid | None = Field(
        None, description="The messaging service they come from, when it is not a number.", examples=[None]
    )
    monthly_limit: MonthlyLimit | None = Field(
        None, description="The most texts in a month (UTC); none for as many as there are.", examples=[500]
    )


class TextLineAnswer(Answer):
    """By which line an account's texts go; its token is not told."""

    account_sid: str = Field(description="The account at the provider.", examples=[_ACCOUNT])
    from_number: str | None = Field(description="The number texts come from.", examples=["+15185550100"])
    messaging_service_sid: str | None = Field(
        description="The messaging service they come from, when it is not a number.", examples=[_SERVICE]
    )
    monthly_limit: int | None = Field(description="The most texts in a month (UTC).", examples=[500])
    sent_this_month: Annotated[int, Field(ge=0)] = Field(
        description="How many went in this month (UTC).", examples=[42]
    )
    version: int = Field(description="Counts the changes.", examples=[1])


class TextLineSetAnswer(TextLineAnswer):
    """A line as it was set, with the address to be entered at the provider."""

    incoming_url: str = Field(
        description="Where the provider is to bring texts that come in (`POST`); a secret, told here alone.",
        examples=[_HOOK],
    )
