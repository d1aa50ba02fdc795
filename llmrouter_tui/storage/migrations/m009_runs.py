"""What came of each order to measure, and what loading a model took."""

STATEMENTS = (
    "ALTER TABLE profile_result ADD COLUMN footprint INTEGER",
    "ALTER TABLE profile_result ADD COLUMN footprint_source TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE profile_order ADD COLUMN only TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE profile_order ADD COLUMN note TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE profile_order ADD COLUMN before TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE profile_order ADD COLUMN prompts INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE profile_order ADD COLUMN failed INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE profile_order ADD COLUMN seconds REAL NOT NULL DEFAULT 0",
    "ALTER TABLE profile_order ADD COLUMN moved TEXT NOT NULL DEFAULT ''",
)
