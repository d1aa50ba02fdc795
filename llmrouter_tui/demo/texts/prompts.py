"""What the sample traffic asks: many tasks, several languages, conversations, tools, a picture, housekeeping."""

import re
from dataclasses import dataclass

from llmrouter_tui.demo.texts.code import CODE
from llmrouter_tui.demo.texts.thought import THOUGHT


@dataclass(frozen=True, slots=True)
class Scenario:
    """A conversation: ``turns`` are what the person says, each sent after the answer to the one before."""

    task: str
    turns: tuple[str, ...]
    system: str = ""
    client: str = ""
    """User-Agent; any of the usual ones if empty."""
    model: str = "auto"
    tools: tuple[str, ...] = ()
    """Names of tools that are offered."""
    shape: str = ""
    """Name of a JSON shape that is asked for; ``json`` for any object."""
    picture: bool = False
    stream: bool = True
    max_tokens: int | None = None


def ask(task: str, *turns: str) -> Scenario:
    """A plain conversation."""
    return Scenario(task, turns)


OPEN_WEBUI = "Open-WebUI/0.6.34"
CONTINUE = "Continue/1.3.9"
AIDER = "aider/0.86.1"
PYTHON = "OpenAI/Python 3.54.0"
CURL = "curl/8.14.1"
CLIENTS = (OPEN_WEBUI, OPEN_WEBUI, OPEN_WEBUI, CONTINUE, AIDER, PYTHON, CURL)
"""Who talks to a router at home, the chat UI most."""

EDITOR = "You help inside a code editor. Answer with code first and keep explanations short."
PAIR = "You change code in a repository. Answer with a unified diff for each file you touch and one sentence why."
TITLE = (
    "### Task:\nFind a title of three to five words for the conversation below. Answer with the title only.\n\n"
    "### Chat History:\nUSER: {said}\nASSISTANT: Of course."
)
FOLLOW_UPS = (
    "### Task:\nSuggest three follow-up questions that the user could ask next, as a JSON object with a list named "
    '"follow_ups".\n\n### Chat History:\nUSER: {said}\nASSISTANT: Of course.'
)

CODING = (
    Scenario(
        "coding",
        (
            "Write a Python function that merges two sorted lists without using sorted().",
            "Nice. Now make it a generator that merges any two iterables lazily, without reading them whole.",
        ),
        client=OPEN_WEBUI,
    ),
    ask(
        "coding",
        "Why does this print the same value three times?\n```python\nfns = [lambda: i for i in range(3)]\n"
        "print([f() for f in fns])\n```",
    ),
    ask("coding", "Write an SQL query for the second highest salary in each department of an employees table."),
    ask("coding", "Explain this regex piece by piece: ^(?=.*\\d)[A-Za-z\\d]{8,}$ What does the lookahead do?"),
    Scenario(
        "coding",
        (
            "Implement an LRU cache in Python with O(1) get and put.",
            "Now make it safe for several threads. Where do I need the lock?",
            "thanks, works",
        ),
        client=OPEN_WEBUI,
    ),
    Scenario(
        "coding",
        (
            (
                "Refactor these nested callbacks to async/await in TypeScript:\n```ts\nfetchUser(id, (e, user) => {\n"
                "  if (e) return done(e);\n  fetchOrders(user.id, (e, orders) => {\n    if (e) return done(e);\n"
                "    fetchAddress(user.addressId, (e, address) => done(e, { user, orders, address }));\n  });\n});\n```"
            ),
        ),
        system=EDITOR,
        client=CONTINUE,
    ),
    ask(
        "coding",
        "My asyncio server stops accepting connections after about two hours. The log ends like this:\n"
        "12:41:07 INFO 1,019 clients\n12:41:09 ERROR accept: too many open files\n12:41:09 ERROR accept: too many open "
        "files\nWhat is going on, and how do I prove it?",
    ),
    ask("coding", "Write a Rust function that parses a duration like 1h30m into seconds and returns a Result."),
    Scenario("coding", ("bash one liner: the ten largest files below this directory",), client=CURL, stream=False),
    Scenario(
        "coding",
        ("Write pytest tests for valid_iban(text) -> bool that validates an IBAN. Use parametrize.",),
        system=EDITOR,
        client=CONTINUE,
    ),
    ask(
        "coding",
        "What is the complexity of this, and can it be faster?\n```python\ndef has_pair(numbers, target):\n"
        "    for i, a in enumerate(numbers):\n        for b in numbers[i + 1:]:\n            if a + b == target:\n"
        "                return True\n    return False\n```",
    ),
    Scenario("coding", ("Write a debounce hook for a React search input, in TypeScript.",), EDITOR, CONTINUE),
    ask("coding", "git: I committed twice to main instead of a new branch. How do I move the commits? Not pushed yet."),
    ask("coding", "Make a small Dockerfile for a FastAPI app that caches its dependencies."),
    Scenario(
        "coding",
        ("My binary search in Go misses the last element of the slice. Show me one that has no off by one.",),
        EDITOR,
        CONTINUE,
    ),
    Scenario(
        "coding",
        (
            (
                "cart.py\n```python\ndef total(items: list[Item], discount: float = 0.0) -> float:\n    s = 0\n"
                "    for i in items:\n        s = s + i.price * i.count\n    return s - s * discount\n```\nRefactor "
                "total: rename the variable s, and refuse a discount that is not a share. Give me the diff."
            ),
        ),
        PAIR,
        AIDER,
    ),
    Scenario(
        "coding",
        ("Add a retry to fetch_prices() in prices.py: three tries, doubling the pause, and only on timeouts.",),
        PAIR,
        AIDER,
        model="qwen2.5-coder:7b",
    ),
    ask("coding", "Python: convert a CSV with a header into a JSON list, but keep postcodes as text."),
    ask("reasoning", "Token bucket or sliding window for a rate limiter on a public API? Which one and why?"),
)

THINKING = (
    ask(
        "math",
        "A train leaves the station at 9:40 at 84 km/h. Another leaves the same station at 10:15 at 112 km/h on the "
        "same line. When does the second catch up?",
    ),
    ask("math", "What is the probability that among 23 people two share a birthday? Show the steps."),
    ask("math", "Solve 3x² − 12x + 9 = 0 and check the roots."),
    ask("math", "How many ways are there to place 8 rooks on a chessboard so that none attacks another?"),
    ask("math", "Prove by induction that the sum of the first n odd numbers is n²."),
    ask("math", "Integrate x·e^x by parts."),
    ask("math", "I put 250 euros a month into an account at 3% interest a year. What do I have after 10 years?"),
    Scenario("math", ("15% tip on a restaurant bill of 86.40, then split by four?",), client=CURL, stream=False),
    ask("math", "Calculate 17 percent of 2450."),
    ask(
        "reasoning",
        "Three boxes are labelled apples, oranges and mixed, and all three labels are wrong. I may take one fruit from "
        "one box. Which box, and how do I then know all of them?",
    ),
    Scenario(
        "reasoning",
        (
            "Should we use Kafka or Postgres LISTEN/NOTIFY for about 200 events a minute? We already run Postgres.",
            "And what would the events queue look like if a consumer is down for an hour?",
        ),
        client=OPEN_WEBUI,
    ),
    ask("reasoning", "Alice says Bob lies. Bob says Carol lies. Carol says both others lie. Who tells the truth?"),
    ask("reasoning", "Rent or buy a flat? 350,000 euros, 20% down, 3.9% mortgage; the same flat rents for 1,200."),
    ask("reasoning", "A farmer must cross a river with a fox, a goose and grain; the boat holds one of them. How?"),
    Scenario(
        "reasoning",
        ("Alice says Bob lies. Bob says Carol lies. Carol says both lie. Who tells the truth? Think it through.",),
        model="deepseek-r1:14b",
        client=PYTHON,
    ),
)

BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)
MODULE = "\n\n".join(block for known in CODE for part in known.parts for block in BLOCK.findall(part))
"""All the Python in the prepared answers, as a file that somebody might paste."""
NOTES = "\n\n".join(
    " ".join(known.parts) for known in THOUGHT if known.cues & {"moon", "pump", "light", "tcp", "boil", "vram"}
)

HARD = (
    ask(
        "math",
        "Prove that √2 + √3 is irrational. Do it by contradiction, say which step needs which assumption, and tell me "
        "how far it generalises to other roots.",
    ),
    Scenario(
        "coding",
        (
            (
                "Find the race in this lock-free queue. It passes on my laptop and loses items on an ARM server. "
                "Explain which memory order is needed where, and fix it.\n```cpp\nbool push(T value) {\n"
                "    if (tail.load(relaxed) - head.load(relaxed) == N) return false;\n"
                "    size_t t = tail.fetch_add(1, relaxed);\n    slots[t % N] = value;\n    return true;\n}\n"
                "std::optional<T> pop() {\n    size_t h = head.load(relaxed);\n"
                "    if (h == tail.load(relaxed)) return {};\n    T value = slots[h % N];\n"
                "    if (head.compare_exchange_strong(h, h + 1, relaxed)) return value;\n    return {};\n}\n```"
            ),
        ),
        system=EDITOR,
        client=CONTINUE,
    ),
    ask(
        "reasoning",
        "Plan the migration of a 2 TB Postgres to new hardware with less than a minute of downtime. I need numbered "
        "steps, the risks with their signs, and a rollback that loses no writes. We can use logical replication.",
    ),
    ask(
        "reasoning",
        "Compare the consensus of Raft and Paxos for a metadata service of five servers. Go through a dead leader, a "
        "partition, a one-way link and a slow disk, and say what a client sees each time. Which would you take?",
    ),
    Scenario(
        "coding",
        (
            (
                "Design a distributed job scheduler where each job seems to run exactly once, although workers die and "
                "networks split. Give me the schema, how workers take a lease, and why a worker that wakes up late "
                "does no harm."
            ),
            "What do I alert on, and how far does that scheduler carry before I need more than one Postgres?",
        ),
        client=OPEN_WEBUI,
    ),
    Scenario(
        "coding",
        (
            (
                "Review this module. Which functions are not safe for several threads, what would you change first, "
                f"and in what order?\n\n{MODULE}"
            ),
        ),
        PAIR,
        AIDER,
    ),
    ask("instruction", f"Condense these study notes into at most six bullets for an exam:\n\n{NOTES}"),
    Scenario(
        "reasoning",
        (
            (
                "Compare Raft and Paxos once more for three servers over two sites. Where does the leader election go "
                "wrong when the link between the sites is slow?"
            ),
        ),
        model="qwen3:32b",
        client=PYTHON,
    ),
)

KNOWING = (
    ask("factual", "Why do we always see the same side of the Moon from Earth?"),
    ask("factual", "How does a heat pump get warmth out of cold outside air in winter?"),
    Scenario("factual", ("What is the capital of Australia?",), client=CURL, stream=False),
    ask("factual", "Explain photosynthesis to a ten-year-old: what do plants do with light?"),
    ask("factual", "What is the difference between TCP and UDP, and why do calls use UDP?"),
    ask("factual", "Who wrote the novel The Left Hand of Darkness, and when?"),
    ask("factual", "Why does pasta take longer to boil at high altitude?"),
    ask("factual", "What is the difference between RAM and VRAM, and how much memory does an 8B model need?"),
    ask("factual", "When did the first transatlantic telegraph cable work?"),
    ask("factual", "How much quality does a model lose when it is quantized to 4 bits?"),
)

TALKING = (
    ask("chat", "Good morning! I slept badly and have a long day. Any advice?"),
    ask("chat", "Can you recommend a board game for two players?", "thanks, that sounds great"),
    ask("chat", "I have leeks, potatoes and eggs. What should I cook for dinner?"),
    Scenario("chat", ("hi",), client=OPEN_WEBUI),
    ask("chat", "Tell me something nice, I need to cheer up."),
    ask("chat", "I have a job interview tomorrow and I am nervous. How do I prepare tonight?"),
    Scenario("chat", ("Hello there, are you awake?",), client=CURL, max_tokens=20),
    Scenario("chat", ("What should I cook with leeks and eggs?",), model="llama3.1:8b", client=PYTHON),
    ask("creative", "Write a haiku about a data centre at night."),
    ask("creative", "Write the opening of a story about a lighthouse keeper who finds old letters."),
    ask("creative", "Five slogans for a small bike repair shop, please. No puns on wheelie."),
    ask("creative", "A limerick about a cat who sleeps on a keyboard."),
    ask("creative", "Birthday wishes for a colleague named Jana, for a card, warm but not soppy."),
    Scenario("creative", ("Write a short poem about rain in the city.",), model="mistral:7b", client=PYTHON),
    ask(
        "instruction",
        "Rewrite this email politely, and keep the deadline: 'Berger, the drawings were due Friday. Send them by "
        "tomorrow noon or we lose the carpenters.'",
    ),
    ask(
        "instruction",
        "Summarize this paragraph in one sentence: The council decided on Tuesday that the old bridge will be closed "
        "to cars from 3 May for six weeks while its bearings are replaced. Cyclists and pedestrians may still cross. "
        "Buses are sent over the ring road, which adds about eleven minutes. Residents had asked for a ferry, which "
        "was refused for its cost.",
    ),
    ask("instruction", "A packing list for a weekend of hiking. Bullets only, no sentences."),
    ask("instruction", "An agenda for a 45 minute kickoff meeting, numbered, with minutes for each item."),
)

ORDERING = (
    Scenario(
        "extraction",
        (
            (
                "Extract the order from this mail: 'Hello, this is Marta Lindqvist. I need 12 of the oak shelves by "
                "2026-12-04, please confirm to marta@lindqvist.example. Thanks!'"
            ),
        ),
        shape="order",
        client=PYTHON,
        stream=False,
    ),
    Scenario(
        "extraction",
        (
            (
                "List all names, dates and numbers in this text as JSON: On 14 March 2026 Dr Amara Osei presented the "
                "results in Rotterdam; 212 of 340 patients had improved after 8 weeks."
            ),
        ),
        shape="json",
        client=PYTHON,
        stream=False,
    ),
    Scenario(
        "extraction",
        (
            (
                "Classify the sentiment of this review as positive, negative or mixed: 'Arrived fast and well packed, "
                "but the hinge broke on day two and they would not take it back.'"
            ),
        ),
        shape="sentiment",
        client=PYTHON,
        stream=False,
    ),
    ask(
        "extraction",
        "Pull the action items from this transcript, with who does what: 'Priya: finance still has the wrong figures, "
        "I will send them by Wednesday. Tom: somebody must ask the landlord about the loading dock, I can do that this "
        "week. Lena: then I book the room for the 14th. Who tells the customers about the opening hours?'",
    ),
    ask(
        "extraction",
        "Is the sentiment of this review positive or negative? One word first, then why: 'Delivery was quick. The "
        "hinge broke after two days and they refused the return.'",
    ),
)

LANGUAGES = (
    ask("translation", "Translate into German, please: The lift is out of order. Use the stairs or ring at reception."),
    ask(
        "translation",
        "Translate into English: Die Gewährleistung erlischt, wenn das Gerät von nicht autorisierten Personen geöffnet "
        "wird.",
    ),
    ask(
        "translation",
        "Translate this sentence of a letter into French: Thank you for your patience; we will tell you as soon as the "
        "part has arrived.",
    ),
    ask("translation", "Translate this menu into Spanish: tomato salad with onion, potato omelette, baked peach."),
    ask("translation", "Translate into polite Japanese: Excuse me, which way is the north exit of the station?"),
    ask("chat", "Wie kann ich einen Wasserkocher entkalken, ohne dass die ganze Küche nach Essig riecht?"),
    ask("factual", "Welche Frist gilt bei der Kündigung vom Mietvertrag einer Wohnung, und muss sie schriftlich sein?"),
    ask("factual", "Quelle est la différence entre le pain au levain et le pain à la levure ?"),
    ask("chat", "¿Me das una receta de tortilla de patatas con cebolla para cuatro personas?"),
    ask("chat", "Come fare un buon caffè con la moka? Il mio viene sempre amaro."),
    ask("factual", "请用简单的话解释一下什么是机器学习，并举一个例子。"),
    ask("chat", "同僚からの金曜の飲み会を丁寧に断る文章を書いてください。"),
    ask("coding", "Как найти причину, если служба systemd не запускается после обновления?"),
)

WITH_TOOLS = (
    Scenario("chat", ("What will the weather be in Lisbon tomorrow?",), tools=("get_weather", "add_event")),
    Scenario(
        "instruction",
        ("Add an event to my calendar: dentist on 2026-12-09 at 14:30.",),
        tools=("get_weather", "add_event"),
        client=OPEN_WEBUI,
    ),
    Scenario(
        "coding",
        ('Search the files of this project for "retry_after" and tell me where it is set.',),
        system=EDITOR,
        tools=("search_files",),
        client=CONTINUE,
    ),
)

PICTURES = (
    Scenario("factual", ("What does this chart show?",), picture=True, client=OPEN_WEBUI),
    Scenario("extraction", ("Read the bars from left to right, as numbers.",), picture=True, client=PYTHON),
)

HOUSEKEEPING = (
    Scenario(
        "instruction", (TITLE.format(said="I have leeks, potatoes and eggs. What should I cook?"),), "", OPEN_WEBUI
    ),
    Scenario("instruction", (TITLE.format(said="Implement an LRU cache in Python."),), "", OPEN_WEBUI, stream=False),
    Scenario("instruction", (FOLLOW_UPS.format(said="How does a heat pump work in winter?"),), "", OPEN_WEBUI),
)

SCENARIOS: tuple[Scenario, ...] = (
    *CODING,
    *THINKING,
    *HARD,
    *KNOWING,
    *TALKING,
    *ORDERING,
    *LANGUAGES,
    *WITH_TOOLS,
    *PICTURES,
    *HOUSEKEEPING,
)
