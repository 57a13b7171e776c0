"""What the pages about letters say: how letters stand, why one does not go, and what has been done."""

from collections.abc import Iterable, Mapping
from itertools import groupby

from app.console.api import Record

CHANNELS: Mapping[str, str] = {"email": "Emails", "text": "Texts"}
"""The ways letters go."""
ONE: Mapping[str, str] = {"email": "Email", "text": "Text"}
"""One letter of each."""
STATES: Mapping[str, str] = {
    "waiting": "Waiting",
    "sending": "Being sent",
    "sent": "Sent",
    "failed": "Failed",
    "blocked": "Blocked",
    "cancelled": "Cancelled",
}
"""How far letters have come."""
LOOKS: Mapping[str, str] = {
    "waiting": "state-waiting",
    "sending": "state-waiting",
    "sent": "state-good",
    "failed": "state-behind",
    "blocked": "state-behind",
}
"""What such a state looks like."""
PURPOSES: Mapping[str, str] = {
    "typed": "Written by somebody",
    "trigger": "By a trigger",
    "communication": "One of many",
    "portal": "Lets a client in",
    "notice": "Safety notice",
    "test": "Test",
}
"""Why letters are written."""
BLOCKS: Mapping[str, str] = {
    "unsubscribed": "Has unsubscribed",
    "bounced": "Does not exist, as a letter has shown",
    "spam": "Has called a letter spam",
    "stopped": "Has asked for no more texts",
    "by_hand": "Blocked by hand",
}
"""Why nothing goes to an address."""
SET_UP = ("no_mail_server", "login_refused", "login_not_offered", "host_refused", "no_text_line")
"""Why letters do not go where somebody has to put the settings right."""
SECURITY: Mapping[str, str] = {
    "tls": "Encrypted from the first byte (TLS), as a rule on port 465",
    "starttls": "STARTTLS, as a rule on port 587",
}
"""How the line to a mail server is secured."""
CHECKS: Mapping[str, str] = {
    "login_not_offered": "The server offers no way to sign in by a password on this port.",
    "login_refused": "The server does not take the user name and password.",
    "server_away": "The server was not reached.",
    "server_busy": "The server asks for patience.",
    "host_refused": "The host leads into a private network, or the port is none of mail servers.",
    "taken_for_spam": "The server takes the letter for spam.",
    "no_such_address": "The server says that your own address does not exist.",
    "bad_address": "Your own address is not one.",
    "mailbox_full": "Your own mailbox is full.",
    "too_large": "The server takes no letter of this size.",
    "seal_broken": "The password cannot be read any more. Type it anew.",
    "refused": "The server refused the letter.",
}
"""What stood in the way of a check."""
KINDS: Mapping[str, str] = {
    "form_letter": "Plain letter",
    "html_email": "Email in HTML",
    "text": "Text message",
}
"""What templates make."""
KIND_HINTS: Mapping[str, str] = {
    "form_letter": "An email of plain text, or a letter on paper.",
    "html_email": "With fonts, pictures and tables. From the professional edition on.",
    "text": "Goes to mobile phones, at most 1,600 characters.",
}
"""The same at more length."""
BASES: Mapping[str, str] = {
    "client": "A client",
    "session": "A session",
    "invoice": "An invoice",
    "appointment": "An appointment",
    "task": "A task",
}
"""What letters are about."""
HUBS: Mapping[str, str] = {
    "clients": "Clients",
    "sessions": "Sessions",
    "invoices": "Invoices",
    "appointments": "Appointments",
    "tasks": "Tasks",
}
"""The records letters are about, many of them."""
ACTIONS: Mapping[str, str] = {
    "email": "Send an email",
    "text": "Send a text",
    "call": "Plan a call",
    "task": "Make a task",
    "letter": "Write a letter on paper",
}
"""What is made for somebody."""
ACTION_NAMES: Mapping[str, str] = {
    "email": "Email",
    "text": "Text",
    "call": "Call",
    "task": "Task",
    "letter": "Letter on paper",
}
"""The same as names."""
FALLBACKS: Mapping[str, tuple[str, ...]] = {"email": ("call", "letter"), "text": ("call", "email")}
"""What may be made instead, for whom something does not reach."""
TEMPLATES: Mapping[str, tuple[str, ...]] = {
    "email": ("form_letter", "html_email"),
    "text": ("text",),
    "letter": ("form_letter", "html_email"),
}
"""The kinds of templates each is made of."""
RECIPIENTS: Mapping[str, str] = {
    "client": "The client",
    "bill_to": "Whom the invoice is billed to",
    "assigned_user": "Whoever it is assigned to",
    "photographer": "The photographer",
    "users": "People of ours",
}
"""Whom something is for."""
COMMUNICATIONS: Mapping[str, str] = {
    "draft": "Being written",
    "ready": "To be looked over",
    "scheduled": "For later",
    "running": "Being sent",
    "done": "Done",
    "cancelled": "Cancelled",
}
"""How far communications have come."""
COMMUNICATION_LOOKS: Mapping[str, str] = {
    "ready": "state-waiting",
    "scheduled": "state-waiting",
    "running": "state-waiting",
    "done": "state-good",
}
"""What such a state looks like."""
UNREACHED: Mapping[str, str] = {
    "no_client": "There is no client",
    "no_address": "Has no address for it",
    "blocked": "Is on a block list",
    "same_address": "Somebody before has the same address",
    "record_gone": "Is no longer there",
    "no_longer_so": "Is somebody else's by now",
    "too_long": "The letter becomes too long",
    "text_too_long": "The text becomes too long",
    "empty": "There is nothing in it",
    "refused": "A rule of your company refuses it",
}
"""Why somebody gets nothing."""
OCCURRENCES: Mapping[str, str] = {
    "raised": "Being looked at",
    "waiting": "Waiting",
    "processed": "Done",
    "skipped": "Skipped",
    "failed": "Failed",
    "deleted": "Deleted",
}
"""How far something a trigger was raised by has come."""
OCCURRENCE_LOOKS: Mapping[str, str] = {
    "raised": "state-waiting",
    "waiting": "state-waiting",
    "processed": "state-good",
    "failed": "state-behind",
}
"""What such a state looks like."""
PAUSED: Mapping[str, str] = {
    "filter_gone": "Its filter is gone. Choose another one, or none.",
    "filter_too_slow": "Its filter takes too long. Choose another one, or none.",
    "template_gone": "Its template is gone. Choose another one.",
}
"""Why a trigger that is active stands still."""
ON_FIELDS: Mapping[str, str] = {
    "date": "Its date",
    "status_due_date": "The day its status is due",
    "web_expire_date": "The day its gallery expires",
    "payment_due_date": "The day its payment is due",
    "start_date": "The day it begins",
    "due_date": "The day it is due",
    "complete_date": "The day it was completed",
    "birthday": "The birthday",
    "anniversary": "The anniversary",
}
"""The days triggers go by."""
DELIVERIES: Mapping[str, str] = {
    "sent": "Sent",
    "failed": "Failed",
    "bounced": "Bounced",
    "spam": "Called spam",
}
"""What may have become of an email."""
PAPER: Mapping[str, str] = {"to_print": "To be printed", "printed": "Printed"}
"""How far letters on paper have come."""
_FAULTS: Mapping[str, str] = {
    "unknown_kind": "There is no such thing to wait for.",
    "does_not_fit": "This does not go with the rest.",
    "unknown_field": "There is no field of this name.",
    "wrong_basis": "One of its fields belongs to letters about something else.",
    "wrong_kind": "This template is of another kind.",
    "past": "This lies in the past.",
    "not_a_choice": "Please choose from the list.",
    "one_word": "This is one word.",
    "reserved": "Networks answer this word by themselves. Choose another one.",
    "not_shared": "Only you can use this filter. Share it first.",
    "inactive": "This is no longer offered.",
    "not_allowed": "Only fields, words in quotes and conditions can stand in brackets.",
    "unfinished": "A bracket is not closed, or a condition has no end or no beginning.",
    "too_many": "These are more fields or conditions than a letter may have.",
    "too_deep": "There are too many conditions in one another.",
    "too_long": "This is too long, or one of its fields is.",
    "missing": "Please fill this in.",
    "not_expected": "There is no use for this here.",
    "fixed": "This cannot be changed any more. Make another template.",
    "not_found": "This is no longer on the list.",
}
_WRITTEN = ("subject", "text", "html", "made.subject")
_CHOICE_FAULTS: Mapping[str, str] = {
    "not_allowed": "This does not go with the rest.",
    "wrong_basis": "This template is about something else.",
}
"""What the same means of what is chosen and not written."""
_OTHER_FAULT = "This cannot be taken as it is."
PROBLEMS: Mapping[str, str] = {
    "letter_not_found": "This letter is no longer there.",
    "letter_not_waiting": "This letter does not wait any more: it is being sent, or has ended.",
    "letter_not_ended": "This letter is still on its way.",
    "letter_was_sent": "This letter was sent meanwhile.",
    "letter_words_gone": "What this letter said was secret and is forgotten. Have another one made.",
    "letter_not_sendable": "This letter cannot be sent as it is. See whether its client and number still "
    "take letters.",
    "letter_block_not_found": "This address is not blocked any more.",
    "mail_server_not_found": "No mail server is set up.",
    "mail_host_refused": CHECKS["host_refused"],
    "mail_password_missing": "Type the password: it is kept only for the host, port and user name it "
    "was given for.",
    "mail_login_refused": CHECKS["login_refused"],
    "mail_check_refused": "The server took the login, and not the letter.",
    "mail_server_away": "The server was not reached, or did not answer as a mail server.",
    "mail_folder_not_found": "The mailbox has no such folder.",
    "text_line_not_found": "No text line is set up.",
    "text_line_refused": "The provider does not take this account and token, or the account is not active.",
    "text_provider_away": "The provider was not reached. Nothing was changed.",
    "text_token_missing": "Type the token: it is kept only for the account it was given for.",
    "public_url_missing": "This server does not know its own address, so no text could come in, and nobody "
    "unsubscribe. Whoever runs it can tell it (PUBLIC_URL).",
    "letter_file_not_found": "This file is no longer there.",
    "letter_file_in_use": "A template has this file, or a letter that is still to be sent.",
    "email_address_missing": "You have no e-mail address, and a check goes to no other. Have one "
    "entered under Users.",
    "template_not_found": "This template is no longer there.",
    "template_name_taken": "Another template has this name.",
    "template_in_use": "Letters are sent by this template. Have them sent by another one first, or make it "
    "inactive.",
    "template_limit_reached": "There are as many templates as there may be. Remove one that is not used.",
    "communication_not_found": "This communication is no longer there.",
    "communication_started": "This communication was started meanwhile. Nothing was changed.",
    "nobody_chosen": "Nobody is chosen who is to get something.",
    "too_many_recipients": "These are too many. Choose fewer, by a filter or by statuses.",
    "paper_letter_not_found": "One of these letters is no longer there. Nothing was changed.",
    "trigger_not_found": "This trigger is no longer there.",
    "trigger_limit_reached": "There are as many triggers as there may be. Remove one that is not used.",
    "preview_record_not_found": "This record is no longer there, or you may not see it.",
    "preview_too_long": "With what this record has the letter would be longer than a letter may be.",
}
"""Refusals, by their codes."""
SAID: Mapping[str, str] = {
    "letter_resent": "It waits once more, and is sent as soon as it can be.",
    "letter_cancelled": "It is not sent. Where it was an email or text of somebody's, it is a draft again.",
    "address_blocked": "Nothing goes to this address any more.",
    "address_unblocked": "Letters go to this address again.",
    "mail_saved": "Saved. What waited for a server goes at once. Check it: that sends a letter to yourself.",
    "mail_checked": "The server has taken a letter to your own address. Look whether it arrives.",
    "line_removed": "The line and its token are forgotten.",
    "file_removed": "The file was removed.",
    "mail_removed": "The server and its password are forgotten.",
    "template_made": "The template was made.",
    "template_saved": "The template was saved. What was made of it before stays as it is.",
    "template_removed": "The template was removed.",
    "communication_made": "Saved. Now make the list of whom it is for.",
    "communication_saved": "Saved.",
    "communication_listed": "The list was made. Look it over.",
    "communication_ticked": "The list was changed.",
    "communication_begun": "It has begun. Letters go one after the other.",
    "communication_planned": "It begins at the time you have chosen.",
    "communication_cancelled": "Nothing more is made, and letters that wait are cancelled.",
    "communication_removed": "The communication was removed.",
    "paper_printed": "They are marked as printed.",
    "nothing_ticked": "Nothing was ticked, so nothing was changed.",
    "trigger_made": "The trigger was made.",
    "trigger_saved": "The trigger was saved.",
    "trigger_activated": "The trigger works from now on. Nothing that has happened before makes it act.",
    "trigger_deactivated": "The trigger does nothing more. What waited was skipped.",
    "trigger_removed": "The trigger was removed.",
    "ready_made": "The trigger and its template were made. Look at both, and activate it.",
    "queue_processed": "It was done, as far as it could be: the list tells of each.",
    "queue_skipped": "They were skipped.",
    "queue_deleted": "They were deleted.",
    "queue_more": "It was done for as many as are done at once. There are more: do it again.",
}
"""What has been done, by the word an address has for it."""


def of_check(code: str) -> str:
    """Return what stood in the way of a check."""
    return CHECKS.get(code, CHECKS["refused"])


def of_faults(found: Iterable[Record]) -> dict[str, str]:
    """Return what is wrong in a template, by its part: a line for each place."""
    ordered = sorted(found, key=lambda each: each["path"])
    parts = groupby(ordered, key=lambda each: str(each["path"]))
    return {path: "\n".join(dict.fromkeys(map(_of_fault, each))) for path, each in parts}


def _of_fault(fault: Record) -> str:
    known = _FAULTS if fault["path"] in _WRITTEN else {**_FAULTS, **_CHOICE_FAULTS}
    told = _of_name(fault) if fault.get("token") else known.get(fault["code"], _OTHER_FAULT)
    return f"Line {fault['line']}: {told}" if fault.get("line") else told


def _of_name(fault: Record) -> str:
    """Return what to tell of a name that is no field here, and which one may be meant."""
    about = " or ".join(BASES[each].lower() for each in fault.get("bases", []))
    told = f"Only letters about {about} have" if about else "There is no field"
    meant = f" Did you mean [[{fault['nearest']}]]?" if fault.get("nearest") else ""
    return f"{told} [[{fault['token']}]].{meant}"


def of_key(key: str) -> str:
    """Return a key of the API as words."""
    return key.replace("_", " ").capitalize()


def of_unreached(code: str, action: str) -> str:
    """Return why somebody gets nothing of an action."""
    if (code, action) == ("no_address", "text"):
        return "Has no number marked for texts"
    return UNREACHED.get(code, UNREACHED["refused"])
