"""Which entry of the public catalog a model is, where the user said so."""

STATEMENTS = (
    """CREATE TABLE model_match (
        model TEXT NOT NULL PRIMARY KEY,
        entry TEXT NOT NULL
    )""",
)
