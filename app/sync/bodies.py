"""The SQL of one body: what the feed keeps of a record, as a rule wants it sent."""

from app.sync import registry
from app.sync.fields import LATE_PARTS, Part
from app.sync.rendering import BIT, late_bit
from app.sync.scope import Rule

REMOVAL_BYTES = 40
"""What a removal counts for when a page is filled."""


def _part(part: int) -> str:
    """Return a part out of the body, where it begins behind those before it; the preview lies beside it."""
    if part == Part.PREVIEW:
        return "preview"
    before = " + ".join(f"sizes[{other + 1}]" for other in range(part) if other != Part.PREVIEW)
    return f"substring(body FROM {before} + 1 FOR sizes[{part + 1}])"


def _is_given(part: int) -> str:
    """Return the test whether a part is sent: those of later versions where a rule says so, others unless."""
    return f"wanted_omit & {1 << (part - 1)} {'<>' if part > len(Part) else '='} 0"


_LATE = range(len(Part) + 1, len(Part) + LATE_PARTS + 1)
_HAS_LATE = f"cardinality(sizes) > {len(Part) + 1}"
_OMITTED = BIT[Part.NOTES] | BIT[Part.CUSTOM] | BIT[Part.CONTENT]
# A row written before there was a late part has no place for it.
_LATE_LEFT_OUT = " + ".join(
    f"CASE WHEN {_is_given(part)} THEN 0 ELSE coalesce(sizes[{part + 1}], 0) END" for part in _LATE
)
_LATE_GIVEN = " || ".join(
    f"CASE WHEN {_is_given(part)} THEN coalesce({_part(part)}, '') ELSE '' END" for part in _LATE
)
# A preview stands in for content that is left out.
_LEFT_OUT = f"""
CASE WHEN wanted_omit & {_OMITTED} = 0 THEN 0
     ELSE CASE WHEN {_is_given(Part.NOTES)} THEN 0 ELSE sizes[{Part.NOTES + 1}] END
        + CASE WHEN {_is_given(Part.CUSTOM)} THEN 0 ELSE sizes[{Part.CUSTOM + 1}] END
        + CASE WHEN {_is_given(Part.CONTENT)} THEN 0
               WHEN {_is_given(Part.PREVIEW)} THEN sizes[{Part.CONTENT + 1}] - sizes[{Part.PREVIEW + 1}]
               ELSE sizes[{Part.CONTENT + 1}] END END
+ CASE WHEN {_HAS_LATE} THEN {_LATE_LEFT_OUT} ELSE 0 END"""
_GIVEN = f"""
substring(body FOR sizes[1])
|| CASE WHEN {_is_given(Part.NOTES)} THEN {_part(Part.NOTES)} ELSE '' END
|| CASE WHEN {_is_given(Part.CUSTOM)} THEN {_part(Part.CUSTOM)} ELSE '' END
|| CASE WHEN {_is_given(Part.CONTENT)} THEN {_part(Part.CONTENT)}
        WHEN {_is_given(Part.PREVIEW)} THEN {_part(Part.PREVIEW)} ELSE '' END
|| CASE WHEN {_HAS_LATE} THEN {_LATE_GIVEN} ELSE '' END"""
# The closing brace and the comma behind a record are added where the page is put together.
COST = f"CASE WHEN is_put THEN octet_length(body) + 2 - ({_LEFT_OUT}) ELSE {REMOVAL_BYTES} END"
"""What a row counts for when a page is filled: its `bytes`."""
# Bodies are taken apart last, of the rows that fit alone, and only where that makes them shorter: a preview
# is shorter than its content, or the same.
GIVEN = f"CASE WHEN is_put THEN CASE WHEN bytes = octet_length(body) + 2 THEN body ELSE {_GIVEN} END END"
"""The body of a row as its rule wants it, made of the columns `CARRIED` and `bytes`; none where it leaves."""
BODY = f"{GIVEN} AS body"
CARRIED = "is_put, wanted_omit, sizes, body, preview"


def whole_upto(number: int, rule: Rule) -> int:
    """Return of how many pieces a record at most is sent as it is kept: of none where a rule leaves any out.

    More of them come from a later version of the app, which knows parts this one must not send.
    """
    collection = registry.numbered(number)
    left_out = any(rule.omit & BIT[part] for part in collection.part_names)
    late = [rule.late & late_bit(place) for place in range(len(collection.late_parts))]
    return 0 if left_out or not all(late) else 1 + len(Part) + len(late)
