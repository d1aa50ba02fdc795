"""What came into memory and what left it, for the history on screen and for what a day's swaps cost."""

STATEMENTS = (
    """CREATE TABLE residency_event (
        number INTEGER PRIMARY KEY,
        at REAL NOT NULL,
        kind TEXT NOT NULL, model TEXT NOT NULL, pool TEXT NOT NULL, seconds REAL, reason TEXT NOT NULL,
        exchange_id TEXT NOT NULL, external INTEGER NOT NULL, evicted_for TEXT NOT NULL
    )""",
    "CREATE INDEX residency_event_at ON residency_event (at)",
)
