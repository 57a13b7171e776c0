"""Why sync could not do something as it was asked, in words."""

from collections.abc import Mapping

from app.console import words

_RESETS: Mapping[str, str] = {
    "cursor_expired": "Too long without a sync: the phone downloaded everything anew",
    "server_restored": "The server was restored from a backup",
    "device_rebound": "Another phone, or a new installation, took the place",
    "admin_request": "Somebody asked for it",
}
_REFUSALS: Mapping[str, str] = {
    "stream_gap": "Changes were missing: the phone sent them again",
    "stream_diverged": "The phone was restored from a backup of its own",
    "too_many_changes": "Too many changes at once: the phone sent them in parts",
    "too_many_streams": "Too many phones and desks waited for news at once",
    "not_consistent": "The phone had to finish a download first",
    "cursor_malformed": "The phone did not tell properly how far it had come",
    "cursor_foreign": "The phone asked with what belongs to somebody else",
    "cursor_collections": "The phone asked for other kinds of records than before",
    "unknown_collection": "The phone asked for records there are not",
    "client_too_old": "The app is too old: it has to be updated",
    "device_inactive": "A phone that is deactivated asked",
    "device_deactivated": "A phone that is to be cleared asked",
}
_VERDICTS: Mapping[str, str] = {
    "changed_meanwhile": "Somebody else had changed the same meanwhile",
    "record_deleted": "The record had been deleted",
    "record_merged": "The record had been merged with another",
    "permission_denied": "The user lacked the right",
    "invalid_fields": "Something could not be kept as it was entered",
    "unknown_reference": "It referred to a record that is not there",
    "unknown_record": "The record is not there",
    "read_only_field": "Only the server sets what was sent",
    "read_only_collection": "Phones may not change this",
    "not_unique": "Another record already had this number",
    "still_referenced": "Other records still belong to it",
    "already_exists": "The record was there already",
    "depends_on_refused": "It depended on something that was refused",
    "field_required": "Something the company requires was left empty",
    "not_on_list": "It was not on the company's list",
    "schedule_conflict": "Somebody would have been booked twice",
    "posted": "Accounting has locked the record",
    "already_resolved": "It had been decided already",
    "record_changed": "The record was another than the one decided about",
}
_OUTCOMES: Mapping[str, str] = {
    "conflict": "Kept for a decision",
    "merged": "Taken in part",
    "rejected": "Not taken",
    "retry": "Sent again later",
}


def reset(reason: str) -> str:
    """Say why a phone had to begin anew."""
    return _RESETS.get(reason) or words.of_key(reason)


def refusal(code: str) -> str:
    """Say why a whole request was refused."""
    return _REFUSALS.get(code) or words.of_key(code)


def verdict(code: str) -> str:
    """Say why a change was not kept as it was sent."""
    return _VERDICTS.get(code) or words.of_key(code)


def outcome(name: str) -> str:
    """Say what became of a change."""
    return _OUTCOMES.get(name) or words.of_key(name)
