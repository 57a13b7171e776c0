-- The simulator's books. Amounts are cents, instants are text in UTC that sorts by time.

CREATE TABLE IF NOT EXISTS knobs (name TEXT PRIMARY KEY, value REAL NOT NULL) STRICT;

CREATE TABLE IF NOT EXISTS keys (
    key TEXT PRIMARY KEY,
    mid TEXT NOT NULL,
    -- The outer characters of its HMAC, by which a manifest is known to be made with it.
    mark TEXT NOT NULL,
    expires_at TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS keys_by_mark ON keys (mark);

-- Of a card no more than this is kept.
CREATE TABLE IF NOT EXISTS tokens (
    token TEXT PRIMARY KEY,
    mid TEXT NOT NULL,
    brand TEXT NOT NULL,
    last_four TEXT NOT NULL,
    expiry TEXT NOT NULL,
    behaviour TEXT NOT NULL,
    -- Of a temporary one; without it, it lasts.
    expires_at TEXT,
    used_at TEXT
) STRICT;

CREATE TABLE IF NOT EXISTS batches (
    id INTEGER PRIMARY KEY,
    mid TEXT NOT NULL,
    device TEXT NOT NULL,
    closed_at TEXT NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS transactions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    mid TEXT NOT NULL,
    device TEXT NOT NULL,
    operation TEXT NOT NULL CHECK (operation IN ('Sale', 'Auth', 'Return')),
    reference TEXT NOT NULL,
    order_number TEXT,
    -- What a return is about.
    parent INTEGER REFERENCES transactions (id),
    asked INTEGER NOT NULL CHECK (asked > 0),
    -- What was approved; 0 when declined.
    processed INTEGER NOT NULL CHECK (processed BETWEEN 0 AND asked),
    -- What of an authorization was captured.
    captured INTEGER CHECK (captured BETWEEN 1 AND processed),
    code TEXT NOT NULL,
    is_approved INTEGER NOT NULL,
    token TEXT NOT NULL,
    brand TEXT NOT NULL,
    last_four TEXT NOT NULL,
    expiry TEXT NOT NULL,
    behaviour TEXT NOT NULL,
    booked_at TEXT NOT NULL,
    found_from TEXT NOT NULL,
    voided_at TEXT,
    void_reason TEXT,
    batch INTEGER REFERENCES batches (id)
) STRICT;
CREATE INDEX IF NOT EXISTS transactions_by_reference ON transactions (mid, reference);
CREATE INDEX IF NOT EXISTS transactions_by_parent ON transactions (parent) WHERE parent IS NOT NULL;
CREATE INDEX IF NOT EXISTS transactions_by_card ON transactions (mid, last_four, asked, booked_at);
CREATE INDEX IF NOT EXISTS transactions_open ON transactions (mid, device) WHERE batch IS NULL;

-- Each request that was understood, whether it was answered or not.
CREATE TABLE IF NOT EXISTS requests (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    operation TEXT NOT NULL,
    device TEXT,
    reference TEXT,
    behaviour TEXT NOT NULL,
    -- None when nothing was decided: the fate befell the request.
    code TEXT
) STRICT;

-- What is booked net, for each reference under which a sale or an authorization was approved.
CREATE VIEW IF NOT EXISTS booked AS
SELECT
    paid.mid,
    paid.device,
    paid.reference,
    paid.id AS transaction_id,
    CASE
        WHEN paid.voided_at IS NOT NULL THEN 0
        ELSE iif(paid.operation = 'Auth', coalesce(paid.captured, 0), paid.processed) - coalesce((
            SELECT sum(back.processed) FROM transactions back
            WHERE back.parent = paid.id AND back.is_approved AND back.voided_at IS NULL
        ), 0)
    END AS net
FROM transactions paid
WHERE paid.parent IS NULL AND paid.is_approved;
