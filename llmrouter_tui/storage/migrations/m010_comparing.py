"""What a judge said in each order, and the figures that a run of measuring left behind, for beside the next one."""

STATEMENTS = (
    "ALTER TABLE judge_comparison ADD COLUMN forward TEXT",
    "ALTER TABLE judge_comparison ADD COLUMN swapped TEXT",
    "ALTER TABLE profile_order ADD COLUMN found TEXT NOT NULL DEFAULT ''",
)
