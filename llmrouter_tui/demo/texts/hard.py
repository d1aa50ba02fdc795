"""Answers to questions that need a large model, or a patient one."""

from llmrouter_tui.demo.texts.entry import entry

HARD = (
    entry(
        "irrational sqrt prove contradiction root roots √2 √3",
        "Suppose r = √2 + √3 were rational. Then r² = 5 + 2√6, so √6 = (r² − 5) / 2 would be rational as well. It is "
        "enough to show that it is not.",
        "Let √6 = p/q in lowest terms. Then p² = 6q², so p² is even and p is even, p = 2k. That gives 4k² = 6q², so "
        "2k² = 3q²; hence 3q² is even, and since 3 is odd, q² and q are even. Then p and q share the factor 2, against "
        "the assumption. So √6 is irrational, and with it √2 + √3. ∎",
        "The same idea gives the general case: for squarefree a ≠ b greater than 1 the sum √a + √b is irrational, "
        "because its square contains 2√(ab) and ab is no square.",
        "It does not work backwards: that two numbers are irrational says nothing about their sum, as √2 and 1 − √2 "
        "show.",
    ),
    entry(
        "race lock-free lockfree queue atomic memory order c concurrent producer consumer acquire release",
        "There are two faults, and the second only shows on ARM.",
        """
**1. The slot is published before it is written.** Another thread can see the new `tail` and read the slot while it
still holds the old value:

```cpp
size_t t = tail.fetch_add(1);      // visible at once
slots[t % N] = value;              // written later
```
""",
        """
**2. Nothing orders the two writes.** With `memory_order_relaxed` the compiler and the CPU may swap them. Publish the
slot itself, after the value, with release, and read it with acquire:

```cpp
struct Slot {
    std::atomic<size_t> turn;
    T value;
};

bool push(T v) {
    size_t t = tail.load(std::memory_order_relaxed);
    for (;;) {
        Slot& s = slots[t % N];
        size_t turn = s.turn.load(std::memory_order_acquire);
        if (turn == t) {
            if (tail.compare_exchange_weak(t, t + 1, std::memory_order_relaxed)) {
                s.value = std::move(v);
                s.turn.store(t + 1, std::memory_order_release);
                return true;
            }
        } else if (turn < t) {
            return false;            // full
        } else {
            t = tail.load(std::memory_order_relaxed);
        }
    }
}
```
""",
        "Each slot carries the turn at which it may be written or read, so a reader never overtakes the writer of the "
        "same slot, and the counters can stay relaxed: they only hand out turns.",
        "To convince yourself, run it under a thread sanitizer with N = 2 and four threads, and count what went in and "
        "came out. On x86 alone the second fault stays invisible, because stores are not reordered there.",
    ),
    entry(
        "migrate migration postgres downtime replication cutover rollback terabytes tb logical",
        "Logical replication to the new server, switch over in a pause of some seconds, and replicate backwards for a "
        "week so that going back costs nothing.",
        """
1. **Prepare.** Same schema on the new server, no secondary indexes yet. Every table needs a primary key or a replica
   identity; list those that have none today.
2. **Copy.** `CREATE PUBLICATION` for all tables, `CREATE SUBSCRIPTION` with four workers. At 80 MB/s two terabytes take
   about seven hours; watch the WAL kept on the old server, it grows meanwhile.
3. **Index.** Build the secondary indexes when the copy is done, then let it catch up. Lag below a second for a day is
   the sign to go on.
4. **Compare.** Row counts and a checksum per table and day, both sides, at the same LSN.
5. **Switch.** Stop writes at the pooler (`PAUSE`), wait until the lag is zero, copy the sequences, point the pooler at
   the new server, `RESUME`. That is the pause that users feel: 5 to 20 seconds.
6. **Back.** In the same pause start replication from new to old. Until it ends, going back is step 5 mirrored.
""",
        """
| Risk | Sign | What then |
|---|---|---|
| disk fills with WAL on the old server | slot lag above 200 GB | drop the subscription, add disk, start again |
| sequences forgotten | duplicate keys in the first minute | set them 10,000 ahead |
| a table without identity | updates fail on the old server | `REPLICA IDENTITY FULL`, later a key |
| a long transaction at the switch | `PAUSE` does not return | end it after 10 s, or give up and resume |
""",
        "Rehearse steps 5 and 6 twice on a copy with a clock running. What takes long the first time is always the "
        "part that nobody had written down.",
    ),
    entry(
        "raft paxos consensus leader election partition follower quorum",
        "Raft is Multi-Paxos with fewer freedoms: one leader, a log without gaps, and only a server with a complete "
        "log may lead. Each of those rules removes cases that Paxos leaves to whoever builds it.",
        """
What happens when things fail, with five servers:

- **Leader dies.** After a random 150 to 300 ms somebody asks for votes. Only a server whose log is at least as new as
  the voter's gets one, so no committed entry can be lost. Service stops for one election, usually below half a second.
- **Two against three.** The side with three elects a leader and goes on. The old leader on the side with two can
  accept requests but commit none, and steps down when it sees the higher term.
- **One-way link.** The hard case: a follower that hears nobody but can be heard keeps calling elections and unseats a
  healthy leader. Pre-vote cures it: ask first whether one would win, and raise the term only then.
- **Slow disk.** A leader that takes two seconds to sync looks dead to the others but not to itself. Let it step down
  when its own write takes longer than the election timeout.
""",
        "Paxos can commit entries out of order and let several proposers work at once, which pays over long distances. "
        "For a service in one region I would take Raft: the last bug is easier to find in it.",
        "Whichever you choose, reads need care: a leader that has just been cut off may answer from old data. Use a "
        "read index or a lease, and test that with a paused process, not a killed one.",
    ),
    entry(
        "scheduler exactly once jobs distributed design idempotent workers lease heartbeat",
        "Exactly once cannot be had over a network; at least once with work that can be repeated safely can, and looks "
        "the same from outside. So the design is a queue with leases, and a rule for every job about repetition.",
        """
```sql
CREATE TABLE job (
    id          bigserial PRIMARY KEY,
    key         text UNIQUE NOT NULL,      -- the same request twice is one job
    run_at      timestamptz NOT NULL,
    leased_by   text,
    leased_till timestamptz,
    attempts    int NOT NULL DEFAULT 0,
    done_at     timestamptz
);
```

A worker takes the next one in a single statement:

```sql
UPDATE job SET leased_by = $1, leased_till = now() + interval '60 s', attempts = attempts + 1
WHERE id = (
    SELECT id FROM job
    WHERE done_at IS NULL AND run_at <= now() AND (leased_till IS NULL OR leased_till < now())
    ORDER BY run_at
    FOR UPDATE SKIP LOCKED
    LIMIT 1
)
RETURNING *;
```
""",
        "The lease is the heart of it. A worker renews it every 20 seconds, and stops working when a renewal fails: "
        "from then on somebody else may have the job. Whatever it writes carries the attempt number, and the receiver "
        "refuses a smaller one than it has seen, so a worker that wakes from a long pause does no harm.",
        "Failures wait 2ⁿ minutes with some randomness, and after eight attempts the job goes to a list that a person "
        "looks at. Alert on the age of the oldest due job; queue length says little.",
        "Up to some thousand jobs a second this is one Postgres. Shard by key before reaching for anything larger.",
    ),
    entry(
        "review module utilities thread-safe functions safe weakest worst changes",
        "Two of them need work before they are shared between threads, the others keep no state.",
        "`LRU.get` is the worse one: it looks like a read but moves the entry to the end, so two readers can corrupt "
        "the order. It needs the lock that `put` needs. `allow` reads `bucket.tokens`, computes and writes it back; "
        "two calls at once both see the same tokens and both pass.",
        "Then smaller things. `has_pair` takes any iterable but reads it once, which is right, so say so in its type: "
        "`Iterable[int]`. `merge` compares with `<=` and is stable; a test should pin that down, because somebody will "
        "change it to `<`. And `run` in the last block returns a count that nobody uses.",
        "Order of work: lock in `LRU`, a lock per bucket in `allow`, tests for both with eight threads and a barrier, "
        "and only then the types.",
    ),
    entry(
        "notes study bullets exam condense cards",
        """
- **Moon**: one turn per orbit, 27.3 days, because tides locked it; we see 59 % over time
- **Heat pump**: moves heat, three to four units per unit of electricity at 7 °C; low flow temperature matters most
- **TCP and UDP**: complete and in order against fast and without promise; QUIC rebuilds the first on the second
- **Boiling**: 1 °C less per 300 m; pressure cookers go the other way
- **Models**: 0.6 GB per billion parameters at 4 bits, plus the context; memory bandwidth sets the speed
""",
        "For cards I would ask backwards: not *what is a heat pump* but *why is 35 °C cheaper than 60 °C*. An answer "
        "you can derive stays longer than one you have read.",
        "Two places where the notes are thin: what the second step of photosynthesis needs from the first, and why a "
        "lost packet delays only one stream in QUIC.",
    ),
)
