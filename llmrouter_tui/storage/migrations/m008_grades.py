"""What judges said of answers and of pairs of them, what the user said of that, and how often they were asked."""

STATEMENTS = (
    """CREATE TABLE judge_grade (
        id TEXT NOT NULL PRIMARY KEY, at REAL NOT NULL, judge TEXT NOT NULL, model TEXT NOT NULL,
        task TEXT NOT NULL, difficulty REAL NOT NULL, subject TEXT NOT NULL, ref TEXT NOT NULL,
        score REAL, code TEXT NOT NULL, own INTEGER NOT NULL,
        truth REAL, truth_by TEXT NOT NULL, overruled REAL, disagrees INTEGER NOT NULL,
        kinds TEXT NOT NULL, seconds REAL NOT NULL,
        reason TEXT NOT NULL, question TEXT NOT NULL, answer TEXT NOT NULL
    )""",
    "CREATE UNIQUE INDEX judge_grade_of ON judge_grade (subject, ref, model, judge)",
    "CREATE INDEX judge_grade_at ON judge_grade (at, id)",
    "CREATE INDEX judge_grade_model ON judge_grade (model, at, id)",
    "CREATE INDEX judge_grade_task ON judge_grade (task, at, id)",
    "CREATE INDEX judge_grade_judge ON judge_grade (judge, at, id)",
    "CREATE INDEX judge_grade_subject ON judge_grade (subject, at, id)",
    "CREATE INDEX judge_grade_disagrees ON judge_grade (at, id) WHERE disagrees = 1",
    "CREATE INDEX judge_grade_failed ON judge_grade (at, id) WHERE code != ''",
    """CREATE TABLE judge_comparison (
        judge TEXT NOT NULL, prompt TEXT NOT NULL, first TEXT NOT NULL, second TEXT NOT NULL,
        at REAL NOT NULL, task TEXT NOT NULL, preferred TEXT, swayed INTEGER NOT NULL,
        reason TEXT NOT NULL, code TEXT NOT NULL,
        PRIMARY KEY (judge, prompt, first, second)
    )""",
    "CREATE INDEX judge_comparison_at ON judge_comparison (at)",
    "CREATE TABLE judge_calls (slot INTEGER NOT NULL PRIMARY KEY, calls INTEGER NOT NULL)",
)
