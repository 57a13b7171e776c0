"""The company's settings as rules see them: those of its record, or the usual ones where there is none."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from app.studio.companies import Company
from app.sync import registry
from app.sync.draft import Draft
from app.sync.reactions import Work

USUAL: Mapping[str, Any] = Company.model_construct().model_dump(mode="json")
"""The settings of a company that has no record of them."""


def company(work: Work) -> tuple[str, UUID]:
    """Return the company's record, for rules that have it at hand."""
    return "companies", work.who.account_id


async def read_settings(draft: Draft) -> Mapping[str, Any]:
    """Read the company's record for the rules of this transaction, and return its settings."""
    await draft.load([(registry.number_of("companies"), draft.session.account_id)])
    return settings_of(draft.work)


def settings_of(work: Work) -> Mapping[str, Any]:
    """Return the company's settings; they must have been read."""
    return work.once("settings", "companies", lambda: work.find("companies", work.who.account_id) or USUAL)
