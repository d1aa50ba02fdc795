"""The first schema: the audit log, what is known of models, ratings, settings."""

STATEMENTS = (
    """CREATE TABLE model_profile (
        model TEXT NOT NULL PRIMARY KEY,
        prefill REAL, decode REAL, load_seconds REAL,
        samples INTEGER NOT NULL DEFAULT 0, load_samples INTEGER NOT NULL DEFAULT 0,
        ttft REAL, footprint INTEGER, at REAL,
        used INTEGER NOT NULL DEFAULT 0, loads INTEGER NOT NULL DEFAULT 0
    )""",
    """CREATE TABLE model_state (
        model TEXT NOT NULL PRIMARY KEY,
        pinned INTEGER NOT NULL DEFAULT 0, enabled INTEGER NOT NULL DEFAULT 1
    )""",
    """CREATE TABLE model_feedback (
        exchange_id TEXT NOT NULL PRIMARY KEY,
        rating TEXT NOT NULL, at REAL NOT NULL, score REAL NOT NULL,
        reasons TEXT NOT NULL, comment TEXT NOT NULL, model TEXT NOT NULL, task TEXT NOT NULL
    )""",
    "CREATE INDEX model_feedback_at ON model_feedback (at)",
    "CREATE INDEX model_feedback_model ON model_feedback (model, rating)",
    """CREATE TABLE exchange (
        number INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        at REAL NOT NULL,
        outcome TEXT NOT NULL, requested TEXT NOT NULL, model TEXT NOT NULL,
        session TEXT NOT NULL, client TEXT NOT NULL, stream INTEGER NOT NULL, task TEXT NOT NULL,
        ttft REAL, seconds REAL,
        prompt_tokens INTEGER, completion_tokens INTEGER, cached_tokens INTEGER, reasoning_tokens INTEGER,
        decode_per_second REAL,
        finish_reason TEXT NOT NULL, code TEXT NOT NULL, message TEXT NOT NULL, response_id TEXT NOT NULL
    )""",
    "CREATE INDEX exchange_at ON exchange (at, id)",
    "CREATE INDEX exchange_model_at ON exchange (model, at)",
    "CREATE INDEX exchange_failed_at ON exchange (at) WHERE outcome = 'failed'",
    "CREATE INDEX exchange_response ON exchange (response_id, at) WHERE response_id != ''",
    """CREATE TABLE exchange_text (
        number INTEGER PRIMARY KEY,
        prompt TEXT NOT NULL, answer TEXT NOT NULL, decision TEXT NOT NULL, attempts TEXT NOT NULL
    )""",
    "CREATE TABLE setting (key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL)",
    "CREATE TABLE counter (name TEXT NOT NULL PRIMARY KEY, value INTEGER NOT NULL)",
    "INSERT INTO counter (name, value) VALUES ('exchange', 0)",
    """CREATE TRIGGER exchange_added AFTER INSERT ON exchange BEGIN
        UPDATE counter SET value = value + 1 WHERE name = 'exchange';
    END""",
    """CREATE TRIGGER exchange_removed AFTER DELETE ON exchange BEGIN
        UPDATE counter SET value = value - 1 WHERE name = 'exchange';
    END""",
    """CREATE TRIGGER exchange_used_model AFTER INSERT ON exchange
    WHEN new.model != '' AND new.outcome IN ('ok', 'cancelled') BEGIN
        INSERT INTO model_profile (model, used) VALUES (new.model, 1)
        ON CONFLICT (model) DO UPDATE SET used = used + 1;
    END""",
)
