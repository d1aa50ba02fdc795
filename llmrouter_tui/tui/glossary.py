"""What the words and figures of each place mean, and their units: the second half of its help. Pure."""

from llmrouter_tui.core.difficulty import EASY_BELOW, HARD_FROM
from llmrouter_tui.core.memory_words import HELD_NOW
from llmrouter_tui.tui.text import fraction

Entry = tuple[str, str]

_EVERYWHERE: tuple[Entry, ...] = (
    ("in flight", "requests that are being answered now"),
    ("/min", "requests that arrived in the last 60 seconds"),
    ("p50", "median TTFT of the last ten minutes: half of the requests were faster"),
    ("TTFT", "time to first token: from a request's arrival to the first word of its answer, with waiting and loading"),
)
_FIGURES: tuple[Entry, ...] = (
    ("G, M", "memory in GiB and MiB (1 GiB = 1,073,741,824 bytes)"),
    ("~", "not measured: an estimate, or a guess from size and name"),
)
_LIST: tuple[Entry, ...] = (
    ("TASK", "what the prompt asks for most"),
    ("DIFF", f"how hard it is, 0 to 1: easy below {fraction(EASY_BELOW)}, hard from {fraction(HARD_FROM)}"),
    ("OF", "models that could have answered; the others were filtered out"),
    ("SCORE", "what the choice was worth: quality, speed, continuity, pin and cost added up"),
    ("MARGIN", "its score less the best other one"),
    ("TOK/S", "tokens a second while the answer is written, the first one not counted"),
    ("STATE", "how it stands, and the tokens written (212t)"),
    ("YOU", "your rating"),
)
_DASH: tuple[Entry, ...] = (
    ("req/min", "requests in the last 60 seconds; the chart shows ten minutes"),
    ("tok/s", "tokens that all models wrote, a second, mean of the last ten seconds"),
    ("ok", "share of the answers of the last ten minutes"),
    ("retried", "answered by another model, after a failure"),
    ("failed", "not answered, by no fault of the client"),
    ("quality", "0 prefers the fastest model that will do, 1 the best one however slow"),
    ("other", "memory that is not a model's of this router: the system, other programs"),
    ("to go", "who leaves first where room is needed; pinned and busy models are not asked to"),
    ("swaps", "loads since midnight, and the seconds that loading and unloading took"),
    ("held", HELD_NOW),
)
_WHY: tuple[Entry, ...] = (
    ("QUALITY", "how good the answer would be, weighted by the preference"),
    ("SPEED", "how soon it would be there, with waiting and loading, weighted likewise"),
    ("CONT", "continuity: the conversation is on this model already"),
    ("PIN", "you pinned the model"),
    ("COST", "money: the most where running it costs nothing"),
    ("INSTEAD", "what the best other model would have meant"),
    ("LANGUAGE", "quality that a request's language added to models or took, as their public figures in it have it"),
    ("JUDGE", "the mark that a judge gave the answer, 1 to 10, and why; v goes to the grade"),
    (
        "RESTS ON",
        "what its quality on this task is known from: prior is its size and name; weight: as many observations",
    ),
)
_MODELS: tuple[Entry, ...] = (
    ("SIZE", "parameters (B: thousand million, M: million)"),
    ("CTX", "context in tokens (8k is 8,192): prompt and answer together"),
    ("VRAM", "memory that it takes, or would take; shared: counted at another name of the same weights"),
    ("STATE", "where it is loaded, and how long it has been idle; always: its backend holds it"),
    ("TOK/S", "tokens a second that it writes here"),
    ("SPEED", "its first token comes so long after it was asked; a client's TTFT has the wait for the model too"),
    ("CODE ...", "quality on each task, 0 to 1 (CODE, MATH, REAS, CHAT, FACT, CREA, INST, EXTR, TRAN)"),
    ("LANGUAGES", "what a request in the language adds to a quality of .50, by public figures; de is German"),
    ("±", "one standard deviation: two times in three the truth is within it"),
    (
        "RESTS ON",
        "each source's share of the weight; (n): that many figures, ratings, votes, grades or checked answers",
    ),
    ("WEIGHT", "how many observations a piece of evidence is worth"),
    ("USED", "requests that it answered"),
    ("WIN", "of the answers that your votes compared with its own, the share it was preferred to; a tie is half"),
    ("YOU", "your good and bad ratings of its answers"),
    ("AGE", "since it was measured here; !: some of that is old, of other weights or prompts (b measures anew)"),
    ("CHOSEN", "how often it was first of the times it could have been, per task, at the preference of today"),
    ("LOSES TO", "who was first where it could have been, and for what"),
    ("EVICTED", "for which model it had to leave the memory lately"),
    ("P", "pinned: it stays in memory"),
)
_VRAM: tuple[Entry, ...] = (
    ("left", "what a model may take now without anyone leaving"),
    ("│", "where models stop, in all: the reserve, or the bound that you set"),
    ("%", "how busy the GPU (or CPU) is, now and over ten minutes; °C, and watts of the most it may draw"),
    ("other", "memory in use that no model here accounts for; pid: a process that the driver shows"),
    ("reported", "size as its backend tells it; measured: by the driver, around a load; estimated: a guess (~)"),
    ("32k", "context in tokens that it is loaded with: prompt and answer together"),
    ("busy", "it writes answers; warm and idle: how long ago the last one ended; wait: requests in its queue"),
    ("to go", "who leaves first where room is needed, then the 2nd; pinned and busy models are not asked to"),
    ("not ours", "loaded or unloaded by somebody else, and only noticed here"),
    ("guessed", "its server picks the GPU and nothing shows which: it is only thought to be in this one"),
    ("NEEDS", "memory that loading would take"),
    ("WHERE", "the GPU that it would go to; 2GPUs: laid out over two, how much over which is told beside the list"),
    ("CTX", "context in tokens that it would be loaded with"),
    ("NOW", "what loading it now would mean: who would have to leave, who still answers and is waited for"),
    ("COST", "seconds until it would be ready: waiting, unloading and loading; ~ if it never was loaded here"),
    ("3s of ~5s", "how long a load takes so far, and how long it should; 2nd: its place in the queue of its pool"),
    ("lost", "seconds since midnight in which models were loaded and unloaded instead of answering"),
    ("turns", "models that throw each other out again and again: a pin ends that"),
    ("held", HELD_NOW),
)
_PROFILE: tuple[Entry, ...] = (
    ("✓ .60", "checked by program: the share of its answers that was right"),
    ("CODE ...", "each task, as on Models (CODE, MATH, REAS, CHAT, FACT, CREA, INST, EXTR, TRAN)"),
    ("≈ ✗", "the same where most of them were wrong, and where all were"),
    ("7/12", "answered of those that this run asks"),
    ("○ 2", "answered, and no verdict yet: they wait for a judge, or for code that can be run"),
    ("—", "it is not asked about that, or was not yet"),
    ("TOOL VISN", "calling tools, seeing images; LONG: finding something in a long text"),
    ("JSON THNK", "answering in JSON, thinking before the answer"),
    (
        "VERDICT",
        "right or wrong by a program, or a judge's mark; ungraded: nobody said yet; can, cannot: of what was tried",
    ),
    ("TASK", "what the prompt asks for, or the need that it has beyond text"),
    ("WHY", "why that is the verdict"),
    ("TOK/S", "tokens a second that it writes, measured (median of the run's answers)"),
    ("VRAM", "memory that it takes"),
    ("STATE", "its turn, or how it ended and the seconds that its answers took; else when it was measured"),
    ("waits", "requests of clients come first, or another program has the memory"),
    ("fresh", "measured lately with these weights and these prompts, so not asked again"),
    ("old", "older than profile_max_age_days, or of other weights or prompts: asked again by the next run"),
    ("eta", "until the whole run is over, if nobody else asks meanwhile"),
    ("quick", "two prompts for each task; full: all of the set"),
    ("≈ .50", "a part of what was asked for was right"),
    ("DIFF", "how hard the prompt is, 0 to 1"),
    ("TOOK", "seconds that it took, without waiting for others or for a load"),
)
_JUDGE: tuple[Entry, ...] = (
    ("GRADE", "the mark that counts, 1 to 10: the judge's, or yours in its place; ? is a failed grade, and no number"),
    ("YOU", "your rating of that answer, or what a program found"),
    ("!!", "the judge is on the other side than you or the check: good from 6 on, bad below"),
    ("=", "your mark stands in the place of the judge's"),
    ("~ ", "the judge graded its own answer: it counts half"),
    ("TASK", "what the question asks for most"),
    ("JUDGE", "who gave the mark"),
    ("SAID", "its reason; of a failed grade what went wrong"),
    ("agree", "share of answers that both called good or both called bad"),
    ("kappa", "agreement beyond chance: 1 for all, 0 for none"),
    ("n", "answers that both marked"),
    ("kind", "how often it called good what is bad; harsh: bad what is good"),
    ("biases", "by how many marks it is kinder or harsher there than elsewhere, beyond chance"),
    ("MARKS", "how often it gave each mark"),
    ("WEIGHT", "how many observations a grade counts for: the better the judge agrees, the more"),
    ("COMPARED", "whom it preferred of two models, answer beside answer, in both orders: won, lost, ties"),
    ("tie", "neither is better, or the judge said otherwise once the two were swapped"),
    ("today", "calls of the judge since midnight, of those that the budget allows"),
    ("hosted", "the judge runs elsewhere: questions and answers are sent there"),
)
_ASK: tuple[Entry, ...] = (
    ("task", "what the prompt asks for, and how likely each task is"),
    (".35 easy", f"its difficulty, 0 to 1: easy below {fraction(EASY_BELOW)}, hard from {fraction(HARD_FROM)}"),
    ("needs", "what only some models can: tools, vision, long context"),
    (".69", "a model's score: quality, speed, continuity, pin and cost added up, as on Routes"),
    ("margin", "the score of the choice less the best other one"),
    ("cannot", "models that were filtered out, because they cannot answer this or are not there"),
    ("ms", "milliseconds that the router took to analyse the prompt and to decide"),
    ("blind", "answers side by side whose models are told after your vote; they are chosen so that it teaches most"),
    ("best", "the model that you voted for"),
    ("tok/s", "tokens a second while the answer is written, the first one not counted; 154t: tokens so far"),
)
_LOG: tuple[Entry, ...] = (
    ("info+", "lines of this level and above are listed; v changes it"),
    ("source", "who says it: proxy, route, memory, a backend"),
)

WORDS: dict[str, tuple[Entry, ...]] = {
    "dash": (*_LIST, *_DASH, *_EVERYWHERE, *_FIGURES),
    "routes": (*_LIST, *_WHY, *_EVERYWHERE),
    "models": (*_MODELS, *_EVERYWHERE, *_FIGURES),
    "vram": (*_VRAM, *_EVERYWHERE, *_FIGURES),
    "profile": (*_PROFILE, *_EVERYWHERE, *_FIGURES),
    "judge": (*_JUDGE, *_EVERYWHERE),
    "ask": (*_ASK, *_EVERYWHERE),
    "log": (*_LOG, *_EVERYWHERE),
    "first_run": _EVERYWHERE,
}
"""Words by the id of the place, those of the place itself first."""
