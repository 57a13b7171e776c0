"""What the pages say: refusals of the API in plain words, and what has been done."""

from collections.abc import Iterable, Mapping
from typing import Any

from app.console.galleries import words as of_galleries
from app.console.letters import words as of_letters

LOOK_AGAIN = "Something is missing or not right. Nothing was saved yet: please look at the marked fields."
WRONG_CURRENT = "This is not your password until now."
ANYTHING = "That did not work. Nothing was changed."
_BODY = "body."
_REFERENCED = "still_referenced"

_PROBLEMS: Mapping[str, str] = {
    "invalid_credentials": "Account name, initials or password are not right. Please try again.",
    "subscription_inactive": "The subscription of this account is not active. Nothing is lost: ask whoever "
    "looks after the subscription to renew it.",
    "edition_required": "The edition of this account does not include this.",
    "user_inactive": "Your user has been made inactive. Ask another administrator.",
    "permission_denied": "You do not have the right to do this. An administrator can give it to you.",
    "rate_limited": "There were too many attempts. Please wait a few minutes and try again.",
    "account_busy": "Very much is going on in your account at this moment. Please try again.",
    "overloaded": "The server has too much to do at this moment. Please try again in a minute.",
    "unavailable": "The server is busy for the moment. Please try again in a minute.",
    "internal_error": "Something went wrong on the server. It has been written down there.",
    "device_limit_reached": "All places for phones are taken. Deactivate a phone that is no longer used, or "
    "add licences.",
    "device_bound": "A phone has signed in on this place, and has not confirmed that it is cleared. "
    "Deactivate and clear it first.",
    "device_not_found": "This phone is no longer on the list.",
    "unknown_user": "This user is no longer active. Choose somebody else.",
    "unknown_studio": "This studio is no longer in use. Choose another one.",
    "studio_required": "Choose the studio this phone is to sync with.",
    "studio_not_allowed": "This user does not work in this studio. Choose another one, or let them work "
    "there.",
    "last_administrator": "This is the last administrator. Make somebody else one first.",
    "own_deactivation": "You cannot deactivate yourself. Another administrator can.",
    "current_password_required": "To change your own password, use “Change my password”.",
    "too_many_api_keys": "There are as many keys as there may be. Revoke one that nobody uses.",
    "api_key_ended": "This key has ended already.",
    "api_key_not_found": "This key is not yours, or is no longer there. Choose another one.",
    "too_many_webhooks": "There are as many webhooks as there may be. Delete one that nobody needs.",
    "webhook_not_found": "This webhook is no longer there.",
    "webhook_of_another": "This webhook belongs to somebody else's key. You can pause and delete it.",
    "webhook_target_refused": "Nothing can be posted there. The address begins with https:// and leads to a "
    "server on the internet, on port 443 or 8443.",
    "unknown_event_type": "There is no such kind of event. Below are those there are.",
    "delivery_not_found": "This is no longer there: events go after 30 days.",
    "replay_too_old": "What happened that long ago was not kept for this webhook: the feed has it. Below is "
    "from where on there is something to post.",
    "delivery_under_way": "This is being posted at this moment. Look again in a moment.",
    "initials_taken": "Somebody else has these initials.",
    "group_name_taken": "Another group has this name.",
    "group_in_use": "There are still users in this group. Put them into another one first.",
    "group_is_built_in": "The group of the administrators is always there and cannot be changed.",
    "group_limit_reached": "There are as many groups as there may be. Remove one that is not used.",
    "security_stays": "Security has been activated and stays so.",
    "version_changed": "Somebody else has changed this meanwhile.",
    "preferences_changed": "Somebody else has changed this meanwhile.",
    "changed_meanwhile": "Somebody else has changed this meanwhile.",
    "notice_not_found": "This is no longer there: notices go after 90 days.",
    "already_resolved": "Somebody has decided about this meanwhile.",
    "record_changed": "The record was changed after you were shown it, and nothing was done. Look at what is "
    "there now, and decide again.",
    "request_in_progress": "This is being done at this moment. Look again in a moment.",
    "user_not_found": "This user is no longer there.",
    "group_not_found": "This group is no longer there.",
    "unknown_record": "This is no longer there.",
    "record_deleted": "The record was deleted meanwhile.",
    "invalid_fields": "Some of what was entered cannot be kept. Nothing was changed.",
    "unknown_reference": "Something that was chosen is no longer there.",
    "not_unique": "There already is one with this number.",
    "not_found": "There is nothing here, or nothing you may see.",
}
_PASSWORDS: Mapping[str, str] = {
    "too_short": "A password has at least 12 characters. A few words in a row are easy to remember.",
    "too_long": "A password has at most 256 characters.",
    "characters": "This password has characters that cannot be typed everywhere.",
    "common": "This password is on the lists of those who guess. Choose another one.",
    "context": "This is made of names that are known here: of the account, the company or the user. Choose "
    "other words.",
    "same": "This is the password until now. Choose another one.",
}
_FIELDS: Mapping[str, str] = {
    "missing": "Please fill this in.",
    "string_too_long": "This is too long.",
    "string_too_short": "Please fill this in.",
    "string_pattern_mismatch": "This is not written as it should be.",
    "uuid_parsing": "Please choose from the list.",
    "enum": "Please choose from the list.",
    "literal_error": "Please choose from the list.",
    "unknown_record": "This is no longer on the list.",
    "less_than_equal": "This number is too large.",
    "greater_than_equal": "This number is too small.",
    "int_parsing": "Please write a whole number.",
    "too_long": "These are too many.",
    "date_from_datetime_parsing": "Please choose a day.",
    "date_parsing": "Please choose a day.",
}
LEVELS: Mapping[str, str] = {
    "no_access": "No access",
    "view_only": "View",
    "add_only": "View and add",
    "add_modify": "View, add and change",
    "add_modify_delete": "View, add, change and delete",
    "full_access": "Everything",
}
"""What may be done with a feature, from nothing on."""
_PLATFORMS: Mapping[str, str] = {"ios": "iOS", "ipados": "iPadOS"}
_AT_FIELD: Mapping[str, str] = {
    "initials_taken": "initials",
    "api_key_not_found": "key_id",
    "webhook_target_refused": "url",
    "unknown_event_type": "types",
    "replay_too_old": "from_revision",
    "group_name_taken": "name",
    "unknown_user": "user_id",
    "unknown_studio": "studio_id",
    "studio_required": "studio_id",
    "studio_not_allowed": "studio_id",
    "unknown_group": "security_group_id",
    "user_name_taken": "user_name",
    "price_list_name_taken": "name",
    "template_name_taken": "name",
    "no_such_price_list": "web_price_list",
}
_PHONES: Mapping[str, str] = {
    "waiting": "No phone has signed in on this place.",
    "inactive": "This place is shut out already, and no phone has signed in on it.",
    "kept": "This phone is shut out already, and what is on it stays there.",
    "clearing": "This phone is shut out already, and told to clear its copy. It has not confirmed that yet.",
    "cleared": "This phone has confirmed that its copy is gone. There is nothing left to clear.",
}
_SAID: Mapping[str, str] = {
    "signed_out": "You have signed out.",
    "ended": "Your sign-in has ended. Please sign in again.",
    "password_changed": "The password was changed. Sign in with the new one.",
    "device_authorized": "The next phone of this user may sign in now.",
    "device_deactivated": "The phone is shut out and its place is free. What is on it stays there.",
    "place_deactivated": "The place is shut out, and free. No phone has signed in on it.",
    "device_cleared": "The phone has confirmed that its copy is gone; nothing is left to be cleared.",
    "device_wiped": "The phone is shut out. It is told to clear its copy as soon as it gets in touch.",
    "device_kept": "The order was taken back. The phone stays shut out, and what is on it stays there.",
    "device_reactivated": "The phone may sync again; where its copy was cleared, its user signs in anew.",
    "device_removed": "It was removed from the list.",
    "preferences_saved": "Saved. Each phone follows at its next sync, and gets only the difference.",
    "nothing_changed": "Nothing was different, so nothing was changed.",
    "own_password_changed": "Your password was changed, and your other sign-ins have ended.",
    "user_created": "The user was created.",
    "user_saved": "The user was saved.",
    "user_deactivated": "The user is inactive. Their phones keep what is on them.",
    "user_cleared": "The user is inactive, and their phones are told to clear their copies. Below is which "
    "of them has confirmed.",
    "password_assigned": "The password was changed, and all sign-ins of this user have ended.",
    "group_created": "The group was created.",
    "group_saved": "The group was saved.",
    "group_removed": "The group was removed.",
    "key_made_before": "This key was created already, and shown that once. If nobody has copied it, revoke it"
    " and create another.",
    "key_revoked": "The key was revoked. Whatever comes by it is shut out.",
    "webhook_test": "It is posted at once. What became of it is below: open the page again in a moment.",
    "webhook_activate": "It is told again what waits, and what happens from now on.",
    "webhook_deactivate": "It is told nothing. What waits for it waits on.",
    "webhook_made_before": "This webhook was created already, and its secret shown that once."
    " If nobody has copied it, give it a new one.",
    "webhook_changed_before": "No other secret was made: this webhook was changed after you were asked. If it"
    " was given a new one, that was shown that once.",
    "webhook_removed": "The webhook was deleted.",
    "webhook_resent": "It is posted once more.",
    "security_activated": "Security is active. From now on everybody has the rights you give them.",
    "company_saved": "Saved. Desks follow at once, phones at their next sync.",
    "entry_created": "It is on the list. Phones have it after their next sync.",
    "entry_saved": "The entry was saved. Phones have it after their next sync.",
    "entry_hidden": "The entry is no longer offered. Records that have it keep it.",
    "entry_offered": "The entry is offered again.",
    "entry_moved": "The order was changed.",
    "entry_removed": "The entry was deleted.",
    "inbox_taken": "What was typed on the phone was taken.",
    "notice_seen": "Thank you. It no longer waits for you.",
    "notice_denied": "The administrators are told that it was not you. Change your password now: that ends "
    "your other sign-ins, at desks and on phones.",
    "inbox_kept": "What the studio has was kept.",
    "inbox_discarded": "What was typed was discarded.",
}


def of_problem(problem: Mapping[str, Any]) -> str:
    """Return what to tell a person of a refusal; what the API says where there is nothing plainer."""
    code = problem["code"]
    if code == "password_blocked":
        return _PASSWORDS.get(problem.get("reason", ""), problem["title"])
    if code == "device_limit_reached":
        figures = f"{problem['in_use']} of {problem['limit']} places are taken. Nothing was changed. "
        return figures + "Deactivate a phone that is no longer used, or add licences."
    if code == _REFERENCED:
        users = ", ".join(of_key(each).lower() for each in problem.get("reasons", {}))
        return f"Others still have this ({users}), so it cannot be deleted. Deactivate it instead."
    known = _PROBLEMS.get(code) or of_galleries.PROBLEMS.get(code) or of_letters.PROBLEMS.get(code)
    return known or problem.get("detail") or ANYTHING


def of_phone(state: str, *, is_to_go: bool) -> str:
    """Return why something cannot be done to a phone, or be removed from the list: how it stands now."""
    if is_to_go:
        return _PROBLEMS["device_bound"]
    stands = _PHONES.get(state, "This phone is in use.")
    return f"{stands} Nothing was changed: look at the list as it is now."


def of_phones_left(left: int, count: int) -> str:
    """Return what to tell of phones that could not be told to clear their copies, of so many."""
    return (
        f"The user is inactive, but {left} of {count} phones could not be told to clear: somebody else has "
        "changed them meanwhile. Below is how they stand."
    )


def of_field(kind: str) -> str:
    """Return what to tell of a field, by the kind of mistake."""
    return _FIELDS.get(kind, "This cannot be taken as it is.")


def by_field(problem: Mapping[str, Any], known: Iterable[str]) -> dict[str, str]:
    """Return the sentences a refusal has for single fields that are on a page."""
    code, names = problem["code"], set(known)
    found = _of_fields(problem)
    if code == "password_blocked":
        found["new_password" if "new_password" in names else "password"] = of_problem(problem)
    if code in _AT_FIELD:
        found[_AT_FIELD[code]] = of_problem(problem)
    if "field" in problem:
        found[problem["field"]] = problem.get("detail") or of_field("")
    return {name: sentence for name, sentence in found.items() if name in names}


def of_others(problem: Mapping[str, Any], known: Iterable[str]) -> dict[str, str]:
    """Return the sentences a refusal has for fields that are not on a page, or not under their names."""
    names = set(known)
    others = {name: sentence for name, sentence in _of_fields(problem).items() if name not in names}
    return {name.partition(".")[0]: sentence for name, sentence in others.items()}


def _of_fields(problem: Mapping[str, Any]) -> dict[str, str]:
    """Return what the API says of fields; who still refers to a record is told elsewhere."""
    found = {
        each["path"].removeprefix(_BODY).partition(".")[0]: of_field(each["code"])
        for each in problem.get("fields", [])
        if each["path"].startswith(_BODY)
    }
    return found | (problem.get("reasons", {}) if problem["code"] != _REFERENCED else {})


def of_value(value: Any) -> str:
    """Return a value of the API as a person would write it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{of_key(key)}: {of_value(each)}" for key, each in value.items()) or "none"
    if isinstance(value, list):
        return ", ".join(map(of_value, value)) or "none"
    return "none" if value in (None, "") else str(value)


def of_key(key: str) -> str:
    """Return a key of the API as words."""
    return key.replace("_", " ").capitalize()


def of_queue(count: int | None) -> str:
    """Return how much a phone has not sent yet, as far as it has told."""
    if count is None:
        return "not told"
    return f"{count:,} change{'' if count == 1 else 's'}" if count else "nothing"


def of_platform(name: str) -> str:
    """Return an operating system as its maker writes it."""
    return _PLATFORMS.get(name.lower()) or of_key(name)


def said(key: str) -> str | None:
    """Return what has been done, by the word an address has for it."""
    return _SAID.get(key) or of_galleries.SAID.get(key) or of_letters.SAID.get(key)
