"""What measuring models here found, prompt by prompt, and what was asked to be measured."""

STATEMENTS = (
    """CREATE TABLE profile_result (
        model TEXT NOT NULL, prompt TEXT NOT NULL, task TEXT NOT NULL, at REAL NOT NULL, outcome TEXT NOT NULL,
        passed REAL, reason TEXT NOT NULL, code TEXT NOT NULL,
        ttft REAL, prefill REAL, decode REAL,
        prompt_tokens INTEGER, completion_tokens INTEGER, reasoning_tokens INTEGER, thought_seconds REAL,
        seconds REAL NOT NULL, answer TEXT NOT NULL,
        digest TEXT NOT NULL, quantization TEXT NOT NULL, version INTEGER NOT NULL,
        PRIMARY KEY (model, prompt)
    )""",
    """CREATE TABLE profile_order (
        started REAL NOT NULL PRIMARY KEY, ended REAL,
        models TEXT NOT NULL, quick INTEGER NOT NULL, again INTEGER NOT NULL
    )""",
)
