"""What exchanges cost, and what was paid per day, model and purpose."""

STATEMENTS = (
    "ALTER TABLE exchange ADD COLUMN cost REAL",
    """CREATE TABLE spend (
        day TEXT NOT NULL, model TEXT NOT NULL, purpose TEXT NOT NULL,
        dollars REAL NOT NULL, requests INTEGER NOT NULL, unpriced INTEGER NOT NULL,
        prompt_tokens INTEGER NOT NULL, completion_tokens INTEGER NOT NULL,
        PRIMARY KEY (day, model, purpose)
    ) WITHOUT ROWID""",
)
