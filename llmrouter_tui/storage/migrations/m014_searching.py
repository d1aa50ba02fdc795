"""What the filter language asks for: two figures of decisions, and indexes by which exchanges are found. What is older
keeps its figures only inside its decision, where they are looked up."""

STATEMENTS = (
    "ALTER TABLE exchange ADD COLUMN difficulty REAL",
    "ALTER TABLE exchange ADD COLUMN margin REAL",
    "DROP INDEX exchange_model_at",
    "CREATE INDEX exchange_model_at ON exchange (model, at, id)",
    "CREATE INDEX exchange_task_at ON exchange (task, at, id)",
    "CREATE INDEX exchange_client_at ON exchange (client, at, id) WHERE client != ''",
    "CREATE INDEX exchange_key_at ON exchange (key, at, id) WHERE key != ''",
)
