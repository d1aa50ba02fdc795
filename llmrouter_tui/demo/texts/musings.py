"""What thinking sounds like: sentences that fit any question, in the order in which they are needed."""

OPENINGS: tuple[str, ...] = (
    "Let me see what is really being asked about {topic}.",
    "So the question is about {topic}. I should not answer before I know what would count as an answer.",
    "Okay, {topic}. First I should settle what is given and what is wanted.",
)

TRIES: tuple[str, ...] = (
    "Let me try a small case by hand.",
    "Suppose it were half as large; what would I do then?",
    "I could go backwards from what is wanted and see what it needs.",
    "One way is to split it: what stays the same, and what changes.",
    "Let me write down what is given in an order that I can use.",
    "The direct way would be to go through all of it, one after another.",
    "Maybe there is something that never changes, whatever is done.",
    "Let me name the unknown and say each statement again with that name.",
    "I remember something like {topic} that was solved from the other end.",
    "Let me take the strictest condition first, it leaves the least.",
    "A sketch would help: two columns, what I know and what follows.",
    "Say the opposite were true; where would that lead?",
    "Two ways lead there; the shorter one is easier to explain.",
    "Let me do it once more and this time keep every step.",
)

DOUBTS: tuple[str, ...] = (
    "Wait, I assumed something there that was not said.",
    "Hmm, that is not quite it: the obvious reading may not be the right one.",
    "But then the first condition would not be needed at all, which is suspicious.",
    "Does that hold in general, or only for the case that I looked at?",
    "An empty one would break this, so it has to be handled.",
    "Without that assumption there is one more case to look at.",
    "No, that counts one of them twice.",
    "Is there a counterexample? I cannot find one among the first few.",
    "Actually, I mixed up two things there, let me go back a step.",
    "That would be true, but it is not what was asked.",
    "Let me read the question again. It says a little more than I took from it.",
    "I am not sure that the order does not matter here.",
)

CHECKS: tuple[str, ...] = (
    "Good, that fits what was given.",
    "Putting it back into the question: it fits.",
    "The units agree as well.",
    "With the smallest case it gives what I found by hand.",
    "So this part is settled, and I need not look at it again.",
    "That leaves only one possibility, as it should.",
    "Both ways agree, so I trust it a little more.",
    "The person probably wants something to use, not a lecture.",
    "I should say where this stops being true.",
    "That is enough for this part; on to the next.",
)

CLOSINGS: tuple[str, ...] = (
    "So the answer stands. I will keep it short and add the check.",
    "I have it. Now to say it without all of these detours.",
    "That is it, then. What helps is the result and the one step that is easy to miss.",
)
