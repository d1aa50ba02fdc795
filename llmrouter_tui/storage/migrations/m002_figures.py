"""Public figures fetched later than the shipped ones, and the runs that fetched them."""

STATEMENTS = (
    """CREATE TABLE model_benchmark (
        model TEXT NOT NULL, mode TEXT NOT NULL, key TEXT NOT NULL, source TEXT NOT NULL,
        value REAL NOT NULL, as_of TEXT NOT NULL, retrieved_at REAL NOT NULL, name TEXT NOT NULL,
        PRIMARY KEY (model, mode, key, source)
    ) WITHOUT ROWID""",
    "CREATE INDEX model_benchmark_source ON model_benchmark (source)",
    """CREATE TABLE benchmark_sync (
        number INTEGER PRIMARY KEY,
        source TEXT NOT NULL, started REAL NOT NULL, finished REAL NOT NULL, status TEXT NOT NULL,
        rows INTEGER NOT NULL, skipped INTEGER NOT NULL, figures INTEGER NOT NULL,
        matched INTEGER NOT NULL, unmatched INTEGER NOT NULL,
        as_of TEXT NOT NULL, message TEXT NOT NULL, validators TEXT NOT NULL, stamp TEXT NOT NULL
    )""",
    "CREATE INDEX benchmark_sync_source ON benchmark_sync (source, number)",
)
