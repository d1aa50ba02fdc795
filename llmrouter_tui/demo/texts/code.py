"""Answers about programs."""

from llmrouter_tui.demo.texts.entry import entry

CODE = (
    entry(
        "merge merges sorted lists",
        """
Walk both lists with two indices and always take the smaller head:

```python
def merge(a: list[int], b: list[int]) -> list[int]:
    out = []
    i = j = 0
    while i < len(a) and j < len(b):
        if a[i] <= b[j]:
            out.append(a[i])
            i += 1
        else:
            out.append(b[j])
            j += 1
    out.extend(a[i:])
    out.extend(b[j:])
    return out
```
""",
        "It touches every element once, so it is O(n + m) in time. `<=` keeps it stable: of equal values, those of "
        "the first list come first.",
        """
Three cases worth a test:

- one list empty: the other comes back unchanged
- all of `a` smaller than all of `b`: the loop ends early and `extend` does the rest
- duplicates across both lists: nothing is lost, `len(out) == len(a) + len(b)`
""",
    ),
    entry(
        "generator iterable iterables yield merge lazily",
        """
Then indices are not available; keep one head per iterator instead:

```python
from collections.abc import Iterable, Iterator

END = object()

def merge(a: Iterable[int], b: Iterable[int]) -> Iterator[int]:
    left, right = iter(a), iter(b)
    x, y = next(left, END), next(right, END)
    while x is not END and y is not END:
        if x <= y:
            yield x
            x = next(left, END)
        else:
            yield y
            y = next(right, END)
    while x is not END:
        yield x
        x = next(left, END)
    while y is not END:
        yield y
        y = next(right, END)
```
""",
        "Nothing is read before it is needed, so it works on files and endless streams. For more than two inputs, "
        "`heapq.merge` from the standard library does the same.",
    ),
    entry(
        "lambda range print same value loop closure fns",
        "The lambdas do not store the value of `i`, they look `i` up when they are called. By then the loop is over "
        "and `i` is 2 for all of them.",
        """
Bind the value when the function is made:

```python
fns = [lambda i=i: i for i in range(3)]
print([f() for f in fns])   # [0, 1, 2]
```
""",
        "`functools.partial` says the same more openly, and a small factory function reads best when the body is "
        "longer than one expression.",
    ),
    entry(
        "sql salary department second highest query employees",
        """
```sql
SELECT department_id, salary
FROM (
    SELECT department_id, salary,
           DENSE_RANK() OVER (PARTITION BY department_id ORDER BY salary DESC) AS place
    FROM employees
) ranked
WHERE place = 2;
```
""",
        "`DENSE_RANK` counts distinct salaries, so two people who share the top one do not push out the second. With "
        "`ROW_NUMBER` they would.",
        "Departments where everybody earns the same have no row in the result. If you want them with NULL, left join "
        "this to the list of departments. An index on `(department_id, salary DESC)` lets the window run without a "
        "sort.",
    ),
    entry(
        "regex pattern explain lookahead digit characters expression",
        """
Read from left to right:

- `^` start of the text
- `(?=.*\\d)` look ahead: somewhere there must be a digit; nothing is consumed
- `[A-Za-z\\d]{8,}` eight or more letters or digits
- `$` end of the text
""",
        "So it accepts `secret42` and `12345678`, and refuses `password` (no digit), `a1` (too short) and "
        "`p@ssw0rd` (the `@` is not in the class).",
        "In Python use `re.fullmatch` and drop the anchors: `$` also matches before a final newline, which lets "
        "`secret42\\n` through.",
    ),
    entry(
        "lru cache get put capacity eviction",
        """
An ordered dictionary already knows the order of use:

```python
from collections import OrderedDict

class LRU:
    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._items: OrderedDict[str, object] = OrderedDict()

    def get(self, key: str) -> object | None:
        if key not in self._items:
            return None
        self._items.move_to_end(key)
        return self._items[key]

    def put(self, key: str, value: object) -> None:
        self._items[key] = value
        self._items.move_to_end(key)
        if len(self._items) > self.capacity:
            self._items.popitem(last=False)
```
""",
        "Both operations are O(1): the dictionary finds the entry, the linked list inside it moves the entry to the "
        "end and drops the oldest from the front.",
        """
```python
cache = LRU(2)
cache.put("a", 1)
cache.put("b", 2)
cache.get("a")
cache.put("c", 3)
assert cache.get("b") is None
assert cache.get("a") == 1
```
""",
        "It is not safe for several threads as it stands: `get` writes too. One lock around both methods is enough.",
    ),
    entry(
        "thread safe threads lock threadsafe",
        """
`get` changes the order, so readers need the lock as well:

```python
import threading

class SafeLRU(LRU):
    def __init__(self, capacity: int) -> None:
        super().__init__(capacity)
        self._lock = threading.Lock()

    def get(self, key: str) -> object | None:
        with self._lock:
            return super().get(key)

    def put(self, key: str, value: object) -> None:
        with self._lock:
            super().put(key, value)
```
""",
        "A read-write lock would not help here, because there are no pure reads. If contention shows up in a profile, "
        "split the keys over several caches by hash and give each its own lock.",
    ),
    entry(
        "callback callbacks async await typescript promise refactor",
        """
```typescript
async function loadProfile(id: string): Promise<Profile> {
  const user = await fetchUser(id);
  const [orders, address] = await Promise.all([
    fetchOrders(user.id),
    fetchAddress(user.addressId),
  ]);
  return { user, orders, address };
}
```
""",
        "The orders and the address do not depend on each other, so they are fetched together; awaiting them one "
        "after the other would add their times up.",
        "Errors now travel as rejections: one `try` around the call replaces the four error arguments. If a function "
        "only exists with a callback, wrap it once with `util.promisify` and keep the rest clean.",
    ),
    entry(
        "asyncio server connections accepting accept descriptors log stops",
        "The line `accept: too many open files` is the cause, the rest follows from it: the process has used up its "
        "file descriptors, so the listening socket cannot hand out new connections.",
        """
Usually connections are opened and never closed. Check which:

```bash
ls -l /proc/$(pgrep -f myserver)/fd | awk '{print $NF}' | sort | uniq -c | sort -rn | head
```
""",
        """
The common leak in asyncio is a handler that returns without closing the writer:

```python
async def handle(reader, writer):
    try:
        await serve(reader, writer)
    finally:
        writer.close()
        await writer.wait_closed()
```
""",
        "Raising `ulimit -n` only moves the moment at which it happens. A test that opens and drops a thousand "
        "connections and then counts the descriptors keeps it fixed.",
    ),
    entry(
        "rust parse parses duration seconds error result",
        """
```rust
#[derive(Debug, PartialEq)]
pub enum Wrong {
    Empty,
    NoNumber(char),
    NoUnit(u64),
}

pub fn seconds(text: &str) -> Result<u64, Wrong> {
    let mut total = 0;
    let mut number: Option<u64> = None;
    for c in text.chars() {
        if let Some(digit) = c.to_digit(10) {
            number = Some(number.unwrap_or(0) * 10 + u64::from(digit));
            continue;
        }
        let value = number.take().ok_or(Wrong::NoNumber(c))?;
        total += value * match c {
            'h' => 3600,
            'm' => 60,
            's' => 1,
            other => return Err(Wrong::NoNumber(other)),
        };
    }
    match (number, text.is_empty()) {
        (Some(left), _) => Err(Wrong::NoUnit(left)),
        (None, true) => Err(Wrong::Empty),
        (None, false) => Ok(total),
    }
}
```
""",
        """
```rust
assert_eq!(seconds("1h30m"), Ok(5400));
assert_eq!(seconds("90"), Err(Wrong::NoUnit(90)));
assert_eq!(seconds("h"), Err(Wrong::NoNumber('h')));
```
""",
        "It allows units in any order and more than once. If that is wrong for you, remember the last factor and "
        "refuse one that is not smaller. For untrusted input use `checked_mul` and `checked_add`.",
    ),
    entry(
        "bash largest files directory disk shell liner",
        """
```bash
find . -xdev -type f -printf '%s\\t%p\\n' | sort -rn | head -n 10 | numfmt --field=1 --to=iec
```
""",
        "`-xdev` stays on this file system, `numfmt` turns bytes into G and M after sorting, so the order is right.",
        "On macOS `find` has no `-printf`; there use `find . -type f -exec stat -f '%z %N' {} +`.",
    ),
    entry(
        "pytest tests iban validates validate parametrize",
        """
```python
import pytest

from bank import valid_iban


@pytest.mark.parametrize(
    "iban",
    ["DE89370400440532013000", "GB82 WEST 1234 5698 7654 32", "fr1420041010050500013m02606"],
)
def test_accepts_published_examples(iban: str) -> None:
    assert valid_iban(iban)


@pytest.mark.parametrize(
    ("iban", "reason"),
    [
        ("DE89370400440532013001", "checksum"),
        ("DE8937040044053201300", "length"),
        ("XX89370400440532013000", "country"),
        ("", "empty"),
        ("DE89 3704 O044 0532 0130 00", "letter O for zero"),
    ],
)
def test_refuses(iban: str, reason: str) -> None:
    assert not valid_iban(iban), reason
```
""",
        "The accepted ones are examples from the registry of the format, so they do not depend on the code under test.",
        """
One property covers what examples miss: changing any single digit must break the checksum.

```python
def test_every_changed_digit_is_noticed() -> None:
    good = "DE89370400440532013000"
    for at in range(4, len(good)):
        other = str((int(good[at]) + 1) % 10)
        assert not valid_iban(good[:at] + other + good[at + 1:])
```
""",
    ),
    entry(
        "complexity faster pairs quadratic nested loops",
        "It compares every pair, so it is O(n²): at 100,000 numbers that is five billion comparisons.",
        """
Remember what you have seen, and each number needs one look:

```python
def has_pair(numbers: list[int], target: int) -> bool:
    seen: set[int] = set()
    for n in numbers:
        if target - n in seen:
            return True
        seen.add(n)
    return False
```
""",
        "That is O(n) in time and O(n) in memory. If memory matters more, sort first and walk two pointers towards "
        "each other: O(n log n) and no set.",
        "One trap: with `if target - n in numbers` a single 5 would count as a pair for 10. Looking only at what came "
        "before avoids it.",
    ),
    entry(
        "debounce react hook input useeffect delay",
        """
```tsx
import { useEffect, useState } from "react";

export function useDebounced<T>(value: T, delay = 300): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), delay);
    return () => clearTimeout(timer);
  }, [value, delay]);
  return settled;
}
```
""",
        "Every change starts the wait anew, because the clean-up of the last effect clears its timer. Use the settled "
        "value as the key of your query and the raw one in the input.",
        "A slow answer to an old query can still arrive after a newer one: abort the old request in the same "
        "clean-up, with an `AbortController`.",
    ),
    entry(
        "git commits branch main move committed wrong",
        """
```bash
git switch -c feature        # keep the work under a name
git switch main
git reset --hard HEAD~2      # main forgets the two commits
git switch feature
```
""",
        "Nothing is lost: the commits belong to `feature` now. Do this only if main was not pushed; otherwise use "
        "`git revert` there, so that nobody else's history changes.",
        "If you reset one commit too many, `git reflog` still lists it, and `git reset --hard <hash>` brings it back.",
    ),
    entry(
        "dockerfile docker fastapi image small dependencies caches",
        """
```dockerfile
FROM python:3.12-slim AS build
WORKDIR /app
COPY pyproject.toml uv.lock ./
RUN pip install --no-cache-dir uv && uv sync --frozen --no-dev --no-install-project
COPY src ./src

FROM python:3.12-slim
WORKDIR /app
COPY --from=build /app /app
ENV PATH=/app/.venv/bin:$PATH
USER 1000
CMD ["uvicorn", "src.main:app", "--host", "0.0.0.0", "--port", "8000"]
```
""",
        "The lock file is copied before the code, so changing the code reuses the layer with the dependencies. The "
        "second stage leaves compilers and caches behind.",
        "Add a `.dockerignore` with `.git`, `.venv` and `__pycache__`; without it the first COPY of the whole folder "
        "undoes most of this.",
    ),
    entry(
        "binary search go golang slice index off",
        """
```go
// Find returns the index of x in sorted, or -1.
func Find(sorted []int, x int) int {
	lo, hi := 0, len(sorted) // x, if present, is in [lo, hi)
	for lo < hi {
		mid := lo + (hi-lo)/2
		switch {
		case sorted[mid] < x:
			lo = mid + 1
		case sorted[mid] > x:
			hi = mid
		default:
			return mid
		}
	}
	return -1
}
```
""",
        "The half-open interval is what keeps it free of off-by-one errors: `hi` is never looked at, so it becomes "
        "`mid`, while `lo` was looked at, so it becomes `mid + 1`.",
        "`slices.BinarySearch` in the standard library does this and also says where `x` would have to go.",
    ),
    entry(
        "rename variable diff edit file patch total cart price refactor",
        """
```diff
--- a/cart.py
+++ b/cart.py
@@ -8,7 +8,7 @@
 def total(items: list[Item], discount: float = 0.0) -> float:
-    s = 0
-    for i in items:
-        s = s + i.price * i.count
-    return s - s * discount
+    if not 0 <= discount < 1:
+        raise ValueError(f"discount must be a share below 1, not {discount}")
+    gross = sum(item.price * item.count for item in items)
+    return gross * (1 - discount)
```
""",
        "The discount is checked now: 15 instead of 0.15 used to give a negative total without a word.",
        "I left the return type a float. For money `decimal.Decimal` is safer; that would touch `Item` as well, so "
        "say if you want it.",
    ),
    entry(
        "retry tries timeouts timeout pause doubling fetch",
        """
```diff
--- a/prices.py
+++ b/prices.py
@@ -1,9 +1,19 @@
+import time
+
 import httpx

+PAUSES = (0.5, 1.0)
+

 def fetch_prices(url: str) -> dict[str, float]:
-    response = httpx.get(url, timeout=5)
+    for pause in (*PAUSES, None):
+        try:
+            response = httpx.get(url, timeout=5)
+            break
+        except httpx.TimeoutException:
+            if pause is None:
+                raise
+            time.sleep(pause)
     response.raise_for_status()
     return response.json()
```
""",
        "Only timeouts are tried again; a 404 or a refused connection is raised at once, because waiting does not cure "
        "it.",
    ),
    entry(
        "csv json convert rows columns header",
        """
```python
import csv, json, sys

rows = [
    {"id": int(row["id"]), "name": row["name"], "price": float(row["price"])}
    for row in csv.DictReader(sys.stdin)
]
json.dump(rows, sys.stdout, ensure_ascii=False, indent=2)
```
""",
        "The conversions are named column by column on purpose: guessing types turns the postcode 01067 into 1067.",
    ),
    entry(
        "rate limiter token bucket sliding window limit",
        "A token bucket allows bursts up to its size and then a steady rate; a sliding window counts what happened "
        "in the last N seconds and is exact. For an API in front of people I would take the bucket: two numbers per "
        "client, no list of timestamps.",
        """
```python
def allow(bucket: Bucket, now: float) -> bool:
    bucket.tokens = min(bucket.size, bucket.tokens + (now - bucket.at) * bucket.rate)
    bucket.at = now
    if bucket.tokens < 1:
        return False
    bucket.tokens -= 1
    return True
```
""",
        "Use the window where a contract says *at most 100 in any 60 seconds*: a bucket of 100 that refills at 100 "
        "per minute can let through almost 200 around a minute's turn.",
        "Whichever you choose, answer 429 with `Retry-After`, and let the limit be per key rather than per address; "
        "an office is one address.",
    ),
)
