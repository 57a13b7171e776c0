"""What is said to somebody: by a template, or in the few words of a call or a task."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from uuid import UUID

from app.automations.reaching import Act
from app.core.db import Session
from app.templates.fields import Basis
from app.templates.merging import Merged, merge
from app.templates.models import TemplateKind
from app.templates.wording import Worded, Wording


@dataclass(frozen=True, slots=True)
class Words:
    """What is said to somebody about a record: by a template, and what it is called."""

    merged: Merged
    subject: str

    def unfit(self, action: Act) -> str | None:
        """Return why these words cannot go by a way; none where they can."""
        if action in (Act.EMAIL, Act.TEXT, Act.LETTER):
            if self.merged.code:
                return self.merged.code
            if not (self.merged.text.strip() or self.merged.html):
                return "empty"
        if action in (Act.CALL, Act.TASK) and not self.subject.strip():
            return "empty"
        return None


async def words_for(
    session: Session,
    basis: Basis,
    ids: Sequence[UUID],
    *,
    template: Worded | None,
    subject: str | None,
    public_url: str | None,
) -> dict[UUID, Words]:
    """Return what is said about some records, those there are."""
    if template is None:
        template, subject = Wording(TemplateKind.FORM_LETTER, basis, subject=subject or ""), None
    letters = await merge(session, template, ids, public_url=public_url)
    if not subject:
        return {each: Words(it, it.subject) for each, it in letters.items()}
    heading = Wording(TemplateKind.FORM_LETTER, basis, subject=subject)
    headings = await merge(session, heading, ids, public_url=public_url)
    return {
        each: Words(it, headings[each].subject or it.subject)
        for each, it in letters.items()
        if each in headings
    }


def html_of(text: str) -> str:
    """Return a plain text as HTML: paragraphs where it has empty lines, and its lines as they are."""
    blocks = (escape(each.strip("\n")) for each in text.replace("\r\n", "\n").split("\n\n"))
    return "".join(f"<p>{each.replace(chr(10), '<br>')}</p>" for each in blocks if each.strip())
