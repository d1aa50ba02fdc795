"""How a footprint is known, and with which context it was seen. What is older was seen with one that nobody noted."""

STATEMENTS = (
    "ALTER TABLE model_profile ADD COLUMN footprint_source TEXT",
    "ALTER TABLE model_profile ADD COLUMN footprint_context INTEGER",
)
