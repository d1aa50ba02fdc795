"""Which of two or three answers the user preferred."""

STATEMENTS = (
    """CREATE TABLE model_vote (
        id TEXT NOT NULL PRIMARY KEY, at REAL NOT NULL, task TEXT NOT NULL, models TEXT NOT NULL,
        verdict TEXT NOT NULL, exchanges TEXT NOT NULL, winner TEXT NOT NULL
    )""",
    "CREATE INDEX model_vote_at ON model_vote (at, id)",
)
