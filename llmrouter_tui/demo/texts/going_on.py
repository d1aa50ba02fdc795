"""What talkative models add to an answer, by the kind of the question: true of any question of that kind."""

from collections.abc import Mapping

from llmrouter_tui.demo.texts.entry import Entry, entry

GOING_ON: Mapping[str, Entry] = {
    "coding": entry(
        "",
        "A few words on how it is put together. What decides is apart from what reads and writes, so you can test it "
        "with plain values and without files, servers or a clock. Names say what a thing is rather than how it is "
        "stored, so that the storage may change later without a new name.",
        """
I would write these tests first:

1. nothing goes in: nothing comes out, and there is no error
2. exactly one goes in
3. the same twice: it is either kept or dropped, but always the same way
4. the largest that you expect, and one more

Most mistakes in code of this kind are at the edges; the middle is rarely wrong once the edges are right.
""",
        "What I left out on purpose: logging, retries and a cache. Each is easy to add at the one place where the "
        "work is done, and each hides mistakes as long as you are still looking for them.",
        "If it is too slow for you, measure before you change anything. With a few thousand entries the time goes "
        "into reading and writing, not into what is written above, and another container would change nothing that "
        "you can feel.",
    ),
    "math": entry(
        "",
        "How one gets there, step by step. Write down what is given and what is wanted, and give the unknown a name. "
        "Say each statement of the question once more with that name in it. Now there are as many equations as "
        "unknowns, and the simplest of them is solved first.",
        "The step at which most people go wrong is the one in the middle: it looks as if both sides could be treated "
        "alike, but one of them counts something twice. Whoever draws it sees it at once.",
        "As a check, go the other way: begin with the result and see whether the question comes out again. It does, "
        "and the units agree as well, which is the quickest check of all.",
        "The same way works whatever the figures are. With letters in their place the result is a formula with one "
        "fraction, and one sees from it what happens when one of them grows: the result grows more slowly than that.",
    ),
    "reasoning": entry(
        "",
        "What speaks for it first. It is the way with the fewest things that have to go right at the same time, each "
        "of them can be tried alone, and none of them binds you for longer than a few weeks.",
        "What speaks against it should be said as well:\n\n- it needs somebody who looks after it, at least in the "
        "beginning\n- the benefit comes late, the effort at once\n- if the numbers change a lot, the result may turn "
        "round",
        "The comparison is only fair if both sides are counted over the same time and with everything that belongs "
        "to them. Left out most often: the hours of those who do it, and what it costs to go back.",
        "How sure am I? Of the direction quite, of the size not very. The argument does not hang on any single "
        "figure; two of them would have to be off by half before I would advise the opposite.",
        "To find out cheaply, do the smallest part of it for two weeks and write down beforehand which outcome would "
        "make you stop. Without that, everybody will read into the result what they thought before.",
    ),
    "creative": entry(
        "",
        "I kept the sentences short and let the things speak: what is on the table, what is heard through the wall. "
        "The feeling is meant to come from that and is not named anywhere. If you would rather have it warmer, the "
        "second paragraph is the place for one more line of talk.",
        "Two other ways that this could go: told by the one who says least in it, or as a letter that is found years "
        "later. The first would make it funnier, the second quieter. Tell me which one you would like to read, and I "
        "write it at the same length.",
    ),
}

WORKINGS: tuple[str, ...] = entry(
    "",
    "Let us go through it step by step. First I write down what is given, in the order in which it is said, and then "
    "what is asked for, so that nothing is used that is not there.",
    "The condition that leaves least is the best one to begin with. Whatever does not agree with it is struck out, and "
    "what is left is held against the next condition, until only one possibility remains.",
    "Now for the step in which it is easiest to go wrong. It looks as if both parts could be treated alike, but what "
    "belongs to both of them must not be counted twice; I take it away once and go on with the rest.",
    "Put together, each condition has now been used exactly once. That is a good sign, because a question rarely says "
    "something that is not needed for its answer.",
    "To be sure I go the other way as well: I begin with the result, change one thing at a time, and look whether what "
    "was given comes out again. It does, and with any other value at least one condition would be broken.",
    "A rough estimate says the same: the result is neither larger than the largest nor smaller than the smallest value "
    "that could be expected from what is given.",
    "One could also have solved it backwards, from what is asked to what is given. That takes more steps, and each of "
    "them comes out as before.",
    "What remains is to write it in the form that was asked for, on a line of its own and without anything after it.",
).parts
"""How one comes to any result, without a name or a figure in it."""
EXPLAINED: tuple[str, ...] = entry(
    "",
    "It looks at each element once and keeps nothing that it does not need, so it is as quick for long inputs as it "
    "can be. Empty inputs need no case of their own.",
    "The names are those of the question. There is no check of types, because a wrong type raises an error by itself "
    "where it is used.",
).parts
"""What is said of any code."""
