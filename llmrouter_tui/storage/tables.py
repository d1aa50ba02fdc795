"""The tables as peewee reads them. Their SQL, indexes and triggers are in ``migrations``; columns are named as in core.

Models are bound to no database: every query names the one it runs on, so several databases can be open at once.
"""

from peewee import BlobField, BooleanField, CompositeKey, FloatField, IntegerField, Model, TextField


class Table(Model):
    class Meta:
        legacy_table_names = False


class ModelProfile(Table):
    """What was measured of a model, and how often it was used."""

    model = TextField(primary_key=True)
    prefill = FloatField(null=True)
    decode = FloatField(null=True)
    load_seconds = FloatField(null=True)
    samples = IntegerField()
    load_samples = IntegerField()
    ttft = FloatField(null=True)
    footprint = IntegerField(null=True)
    at = FloatField(null=True)
    used = IntegerField()
    """Exchanges that it answered; not lowered when history is pruned."""
    loads = IntegerField()
    token_ratio = FloatField(null=True)
    footprint_source = TextField(null=True)
    footprint_context = IntegerField(null=True)


class ModelState(Table):
    """What the user wants of a model."""

    model = TextField(primary_key=True)
    pinned = BooleanField()
    enabled = BooleanField()


class ModelMatch(Table):
    """The user's word on which entry of the public catalog a model is."""

    model = TextField(primary_key=True)
    entry = TextField()
    """Empty: none of them."""


class ModelFeedback(Table):
    """The standing rating of each exchange. It outlives the exchange's own row: learning needs it."""

    exchange_id = TextField(primary_key=True)
    rating = TextField()
    at = FloatField()
    score = FloatField()
    reasons = TextField()
    """A JSON list."""
    comment = TextField()
    model = TextField()
    task = TextField()


class Exchange(Table):
    """The audit log: one row per finished exchange, small enough to scan."""

    number = IntegerField(primary_key=True)
    id = TextField(unique=True)
    at = FloatField()
    outcome = TextField()
    requested = TextField()
    model = TextField()
    session = TextField()
    client = TextField()
    stream = BooleanField()
    task = TextField()
    ttft = FloatField(null=True)
    seconds = FloatField(null=True)
    prompt_tokens = IntegerField(null=True)
    completion_tokens = IntegerField(null=True)
    cached_tokens = IntegerField(null=True)
    reasoning_tokens = IntegerField(null=True)
    decode_per_second = FloatField(null=True)
    finish_reason = TextField()
    code = TextField()
    message = TextField()
    response_id = TextField()
    key = TextField(default="")
    cost = FloatField(null=True)
    difficulty = FloatField(null=True)
    margin = FloatField(null=True)
    """As ``core.exchange_query`` takes it; empty, as the difficulty, in rows of earlier versions."""


class ExchangeText(Table):
    """The bulky side of an exchange, read only with the page that shows it."""

    number = IntegerField(primary_key=True)
    prompt = TextField()
    answer = TextField()
    decision = BlobField()
    """As ``packing`` makes it, JSON in rows of the first version, or empty."""
    attempts = TextField()
    """A JSON list."""


class ResidencyEvent(Table):
    """A model that came into memory or left it. Columns are named and ordered as in ``core.domain``."""

    number = IntegerField(primary_key=True)
    at = FloatField()
    kind = TextField()
    model = TextField()
    pool = TextField()
    seconds = FloatField(null=True)
    reason = TextField()
    exchange_id = TextField()
    external = BooleanField()
    evicted_for = TextField()


class Setting(Table):
    """A value set by the user, as JSON."""

    key = TextField(primary_key=True)
    value = TextField()


class Counter(Table):
    """Totals that would be slow to count; ``exchange`` is kept with them."""

    name = TextField(primary_key=True)
    value = IntegerField()


class ExchangeHour(Table):
    """How many exchanges arrived in each hour since 1970, so that what is older than one is known without counting."""

    hour = IntegerField(primary_key=True)
    exchanges = IntegerField()


class ModelBenchmark(Table):
    """A public figure that was fetched. Columns are named as in ``core.sync.SyncedFigure``."""

    model = TextField()
    mode = TextField()
    key = TextField()
    source = TextField()
    value = FloatField()
    as_of = TextField()
    retrieved_at = FloatField()
    name = TextField()

    class Meta:
        primary_key = CompositeKey("model", "mode", "key", "source")


class BenchmarkSync(Table):
    """A run that fetched figures of one source, or tried to."""

    number = IntegerField(primary_key=True)
    source = TextField()
    started = FloatField()
    finished = FloatField()
    status = TextField()
    rows = IntegerField()
    skipped = IntegerField()
    figures = IntegerField()
    matched = IntegerField()
    unmatched = IntegerField()
    as_of = TextField()
    message = TextField()
    validators = TextField()
    """A JSON list."""
    stamp = TextField()


class ProfileResult(Table):
    """What came of one prompt put to one model. Columns are named as in ``core.profile.Result``."""

    model = TextField()
    prompt = TextField()
    task = TextField()
    at = FloatField()
    outcome = TextField()
    passed = FloatField(null=True)
    reason = TextField()
    code = TextField()
    ttft = FloatField(null=True)
    prefill = FloatField(null=True)
    decode = FloatField(null=True)
    prompt_tokens = IntegerField(null=True)
    completion_tokens = IntegerField(null=True)
    reasoning_tokens = IntegerField(null=True)
    thought_seconds = FloatField(null=True)
    seconds = FloatField()
    answer = TextField()
    digest = TextField()
    quantization = TextField()
    version = IntegerField()
    footprint = IntegerField(null=True)
    footprint_source = TextField()

    class Meta:
        primary_key = CompositeKey("model", "prompt")


class ProfileOrder(Table):
    """What was asked to be measured, and once it is over what came of it."""

    started = FloatField(primary_key=True)
    ended = FloatField(null=True)
    """None: it goes on at the next start."""
    models = TextField()
    """A JSON list."""
    quick = BooleanField()
    again = BooleanField()
    only = TextField()
    note = TextField()
    before = TextField()
    """JSON: model to task to ability."""
    prompts = IntegerField(default=0)
    failed = IntegerField(default=0)
    seconds = FloatField(default=0.0)
    moved = TextField(default="")
    """A JSON list of effects."""
    found = TextField(default="")
    """A JSON list of what was known of each of its models then."""


class JudgeGrade(Table):
    """What a judge said of an answer. Columns are named as in ``core.grades.Grade``."""

    id = TextField(primary_key=True)
    at = FloatField()
    judge = TextField()
    model = TextField()
    task = TextField()
    difficulty = FloatField()
    subject = TextField()
    ref = TextField()
    score = FloatField(null=True)
    code = TextField()
    own = BooleanField()
    truth = FloatField(null=True)
    truth_by = TextField()
    overruled = FloatField(null=True)
    disagrees = BooleanField()
    """Made of the others, for the index."""
    kinds = TextField()
    """A JSON object."""
    seconds = FloatField()
    reason = TextField()
    question = TextField()
    answer = TextField()


class JudgeComparison(Table):
    """What a judge said of two answers. Columns are named as in ``core.grades.Comparison``."""

    judge = TextField()
    prompt = TextField()
    first = TextField()
    second = TextField()
    at = FloatField()
    task = TextField()
    preferred = TextField(null=True)
    swayed = BooleanField()
    reason = TextField()
    code = TextField()
    forward = TextField(null=True)
    swapped = TextField(null=True)

    class Meta:
        primary_key = CompositeKey("judge", "prompt", "first", "second")


class JudgeCalls(Table):
    """How often judges were asked, by quarter of an hour."""

    slot = IntegerField(primary_key=True)
    calls = IntegerField()


class Spend(Table):
    """What was paid. Columns are named and ordered as in ``core.spending.Line``."""

    day = TextField()
    model = TextField()
    purpose = TextField()
    dollars = FloatField()
    requests = IntegerField()
    unpriced = IntegerField()
    prompt_tokens = IntegerField()
    completion_tokens = IntegerField()

    class Meta:
        primary_key = CompositeKey("day", "model", "purpose")


class Trend(Table):
    """What models did in short spans, kept for long. Columns are named as in ``core.trends.Work``."""

    step = IntegerField()
    at = IntegerField()
    model = TextField()
    requests = IntegerField()
    failed = IntegerField()
    tokens = IntegerField()
    ttfts = IntegerField()
    ttft = FloatField()
    decoded = IntegerField()
    decode_seconds = FloatField()

    class Meta:
        primary_key = CompositeKey("step", "at", "model")


class PoolReading(Table):
    """What memory pools were in short spans, kept for long. Columns are named as in ``core.trends.Reading``."""

    step = IntegerField()
    at = IntegerField()
    pool = TextField()
    samples = IntegerField()
    used = FloatField()
    utilization = FloatField(null=True)
    temperature = FloatField(null=True)
    power = FloatField(null=True)

    class Meta:
        primary_key = CompositeKey("step", "at", "pool")


class ModelVote(Table):
    """Which of two or three answers the user preferred. It outlives its exchanges, as ratings do. Columns are named as
    in ``core.votes.Vote``."""

    id = TextField(primary_key=True)
    at = FloatField()
    task = TextField()
    models = TextField()
    """A JSON list; the next one too."""
    verdict = TextField()
    exchanges = TextField()
    winner = TextField()


TABLES: tuple[type[Table], ...] = (
    ModelProfile,
    ModelState,
    ModelMatch,
    ModelFeedback,
    Exchange,
    ExchangeText,
    Setting,
    Counter,
    ExchangeHour,
    ModelBenchmark,
    BenchmarkSync,
    ResidencyEvent,
    ProfileResult,
    ProfileOrder,
    JudgeGrade,
    JudgeComparison,
    JudgeCalls,
    Spend,
    ModelVote,
    Trend,
    PoolReading,
)
