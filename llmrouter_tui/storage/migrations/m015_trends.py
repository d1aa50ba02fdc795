"""How things went over time, as sums of ten seconds, five minutes and an hour; what is on record is summed up."""

_FAILED = """outcome = 'failed' AND code NOT IN (
            'invalid_request', 'body_too_large', 'unauthorized', 'forbidden', 'not_found', 'model_not_found',
            'context_length_exceeded', 'deadline_exceeded', 'routing_loop'
        )"""
"""Not by the client's own fault."""
_TOKENS = "CASE WHEN completion_tokens BETWEEN 0 AND 999999999 THEN completion_tokens ELSE 0 END"
"""No answer has more, whatever its server said."""
_SUMMED = """INSERT INTO trend
    SELECT {step}, CAST(at AS INTEGER) / {step} * {step}, model, COUNT(*), SUM({failed}),
        SUM({tokens}), COUNT(ttft), SUM(COALESCE(ttft, 0.0)),
        SUM(CASE WHEN decode_per_second > 0 THEN {tokens} ELSE 0 END),
        SUM(CASE WHEN decode_per_second > 0 THEN ({tokens}) / decode_per_second ELSE 0.0 END)
    FROM exchange WHERE outcome != 'running' AND at >= (SELECT MAX(at) FROM exchange) - {seconds}
    GROUP BY 2, 3"""

STATEMENTS = (
    """CREATE TABLE trend (
        step INTEGER NOT NULL, at INTEGER NOT NULL, model TEXT NOT NULL,
        requests INTEGER NOT NULL, failed INTEGER NOT NULL, tokens INTEGER NOT NULL,
        ttfts INTEGER NOT NULL, ttft REAL NOT NULL, decoded INTEGER NOT NULL, decode_seconds REAL NOT NULL,
        PRIMARY KEY (step, at, model)
    ) WITHOUT ROWID""",
    """CREATE TABLE pool_reading (
        step INTEGER NOT NULL, at INTEGER NOT NULL, pool TEXT NOT NULL,
        samples INTEGER NOT NULL, used REAL NOT NULL, utilization REAL, temperature REAL, power REAL,
        PRIMARY KEY (step, at, pool)
    ) WITHOUT ROWID""",
    _SUMMED.format(failed=_FAILED, tokens=_TOKENS, step=300, seconds=8 * 86_400),
    _SUMMED.format(failed=_FAILED, tokens=_TOKENS, step=3600, seconds=400 * 86_400),
)
