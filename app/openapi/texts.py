"""The words of the API document that belong to no single route."""

TITLE = "Studio Sync API"

DESCRIPTION = """\
The backend of an offline-first app for photography studios, shared by phones, desks and integrators.

A phone signs in with account name, user initials and password on a device slot an administrator authorized.
It keeps a local copy of the studio's records, works without a connection, and exchanges change sets when it
has one: `POST /v1/sync/push` sends what the user did and answers every change with a verdict,
`POST /v1/sync/pull` brings what changed since the cursor the phone keeps. `GET /v1/sync/live` tells it when.

Desks sign in without a device; other programs come by an API key, which is its owner with fewer rights: what
it may ask says so in the document. They read and write the same records one by one, each
collection under its own address: `GET` with `ETag`, lists by page, `POST`, `PATCH` and `DELETE` with
`If-Match`, commands. Each of these writes may be sent again under its `Idempotency-Key`. It is judged by
the rules of a push, and refused with the codes of a verdict.

Every refusal is `application/problem+json` with a stable `code`, described at `/problems/{code}`, and its
example shows a line that provokes it: `VERB address [Header: value] body`, asked with the token of an
administrator's desk if none is named by `[as …]`. `-> client_id=id` keeps a field of the answer for
`{client_id}`, `{new_id}` is a new id, `{99*a}` is 99 letters. Only a 403 `device_deactivated` with a signed
`wipe_order` may make a phone clear its local copy.
"""

SERVERS = [{"url": "/", "description": "The installation that is asked: addresses begin at its own."}]

TAGS = [
    {"name": "auth", "description": "Signing in and out, refreshing tokens, changing the password."},
    {"name": "users", "description": "The people of an account, their passwords, and what each may do."},
    {"name": "security", "description": "Features, and the groups that give people levels of them."},
    {"name": "safety", "description": "What is unusual about sign-ins, until somebody has looked at it."},
    {"name": "audit", "description": "Who did what in the account, when and from where."},
    {"name": "account", "description": "What the account has bought, and whether its security is active."},
    {"name": "api_keys", "description": "Keys for other programs: each is its owner, with fewer rights."},
    {"name": "feed", "description": "All that changes, for other programs: asked for page by page."},
    {
        "name": "webhooks",
        "description": "Events posted to addresses of other programs, and what became of each post.",
    },
    {"name": "operator", "description": "The accounts of an installation, for who runs it."},
    {"name": "devices", "description": "The slots phones are bound to, and the account's allowance."},
    {"name": "sync", "description": "What can be synced, what changed, when to ask, and what the user did."},
    {
        "name": "preferences",
        "description": "What the company's phones hold, and what a phone narrows for itself.",
    },
    {
        "name": "hubs",
        "description": "Lists of records at a desk: columns, filters, layouts, counts and tables.",
    },
    {
        "name": "client_list",
        "description": "Clients by name, narrowed by each letter that is typed, with an index from A to Z.",
    },
    {
        "name": "schedule",
        "description": "What people and resources are booked for, also for calendar programs.",
    },
    {
        "name": "outbox",
        "description": "Letters: emails and texts that are to be sent, block lists, and the mail server.",
    },
    {"name": "home", "description": "The home page: panels as its user arranges them, and shortcuts."},
    {
        "name": "imports",
        "description": "Files of other programs, looked at row by row before they are records.",
    },
    {
        "name": "galleries",
        "description": "Online galleries of sessions: where they are, who sees them, and taking them down.",
    },
    {
        "name": "cards",
        "description": "Cards charged for invoices and deposits by a processor; no number of one comes here.",
    },
    {
        "name": "pictures",
        "description": "Pictures of sessions for online galleries: sent, made smaller, rated, grouped.",
    },
    {
        "name": "portal",
        "description": "How clients sign in to their online galleries, and what they are to be told of it.",
    },
    {
        "name": "web_orders",
        "description": "What clients order in galleries, and the data sync that makes invoices of it.",
    },
    {"name": "triggers", "description": "What happens by itself when a record changes or its day comes."},
    {"name": "templates", "description": "Letters that are written once, with fields records fill in."},
    {
        "name": "communications",
        "description": "Emails, texts, calls, tasks and letters on paper, to many who were chosen.",
    },
    {"name": "web_price_lists", "description": "What galleries sell, and at what prices."},
    {"name": "limits", "description": "How much may be asked, sent and kept open."},
    {"name": "health", "description": "Whether the process lives and can serve."},
    {"name": "problems", "description": "What each refusal means and what to do."},
]

GROUPS = {
    "Coming in": (
        "auth",
        "users",
        "security",
        "api_keys",
        "account",
        "devices",
        "safety",
        "audit",
        "operator",
    ),
    "Following changes": ("feed", "webhooks", "sync", "preferences"),
    "At a desk": ("hubs", "client_list", "schedule", "home", "imports"),
    "Galleries and money": ("galleries", "pictures", "portal", "web_orders", "web_price_lists", "cards"),
    "Letters": ("outbox", "templates", "triggers", "communications"),
    "The server": ("limits", "health", "problems"),
}
"""What tags are listed under; those of collections come last, under `RECORDS`."""

RECORDS = "Records"


def tag_groups(tags: list[str], collections: set[str]) -> list[dict[str, object]]:
    """Return the groups of tags, as readers of documents know them; a tag that is in none is refused."""
    groups = [(name, [each for each in told if each in tags]) for name, told in GROUPS.items()]
    groups.append((RECORDS, [each for each in tags if each in collections]))
    listed = {each for _, told in groups for each in told}
    if lost := [each for each in tags if each not in listed]:
        raise TypeError(f"tags are in no group: {', '.join(lost)}")
    return [{"name": name, "tags": told} for name, told in groups]
