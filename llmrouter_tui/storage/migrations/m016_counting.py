"""What storing an exchange costs. Ids of answers are random: an index of them is written all over, one that begins with
their last character in some sixteen places only. New rows are counted by who writes them, a batch at once, by the hour,
so that nobody counts half of them to know how many are older."""

STATEMENTS = (
    "DROP INDEX exchange_response",
    """CREATE INDEX exchange_response ON exchange (substr(response_id, -1), at, response_id)
    WHERE response_id != ''""",
    "CREATE TABLE exchange_hour (hour INTEGER NOT NULL PRIMARY KEY, exchanges INTEGER NOT NULL)",
    "INSERT INTO exchange_hour SELECT CAST(at / 3600 AS INTEGER), count(*) FROM exchange GROUP BY 1",
    "DROP TRIGGER exchange_added",
    "DROP TRIGGER exchange_removed",
    "DROP TRIGGER exchange_used_model",
    """CREATE TRIGGER exchange_removed AFTER DELETE ON exchange BEGIN
        UPDATE counter SET value = value - 1 WHERE name = 'exchange';
        UPDATE exchange_hour SET exchanges = exchanges - 1 WHERE hour = CAST(old.at / 3600 AS INTEGER);
    END""",
    """CREATE TRIGGER exchange_moved AFTER UPDATE OF at ON exchange
    WHEN CAST(old.at / 3600 AS INTEGER) != CAST(new.at / 3600 AS INTEGER) BEGIN
        UPDATE exchange_hour SET exchanges = exchanges - 1 WHERE hour = CAST(old.at / 3600 AS INTEGER);
        INSERT INTO exchange_hour VALUES (CAST(new.at / 3600 AS INTEGER), 1)
        ON CONFLICT (hour) DO UPDATE SET exchanges = exchanges + 1;
    END""",
    """CREATE TRIGGER exchange_used_model AFTER UPDATE OF outcome ON exchange
    WHEN old.outcome = 'running' AND new.model != '' AND new.outcome IN ('ok', 'cancelled') BEGIN
        INSERT INTO model_profile (model, used) VALUES (new.model, 1)
        ON CONFLICT (model) DO UPDATE SET used = used + 1;
    END""",
)
