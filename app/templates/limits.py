"""The limits of templates a client can meet."""

from app.sync.limit_schemas import TemplateLimits
from app.templates import engine, saving
from app.templates.engine import LONGEST, LONGEST_FILLED, Part
from app.templates.formats import LONGEST_VALUE


def limits_of_templates() -> TemplateLimits:
    """Return how many templates there may be, and how long they and what is made of them."""
    return TemplateLimits(
        max_templates=saving.MOST,
        max_fields=engine.MOST_FIELDS,
        max_tags=engine.MOST_TAGS,
        max_depth=engine.MOST_DEEP,
        max_tag_characters=engine.LONGEST_TAG,
        max_subject_characters=LONGEST[Part.SUBJECT],
        max_text_characters=LONGEST[Part.TEXT],
        max_html_characters=LONGEST[Part.HTML],
        max_value_characters=LONGEST_VALUE,
        max_letter_text_characters=LONGEST_FILLED[Part.TEXT],
        max_letter_html_characters=LONGEST_FILLED[Part.HTML],
        max_message_characters=engine.LONGEST_MESSAGE,
    )
