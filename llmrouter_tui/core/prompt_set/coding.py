"""Programming: code that is run against hidden tests, code that is read, and code that is reviewed."""

from llmrouter_tui.core.prompts import Case, Choice, Code, Exact, Number, Prompt, Rubric

_ONLY = " Answer with the Python code only."

PROMPTS = (
    Prompt(
        "code-initials",
        "coding",
        0.18,
        (
            "Write a Python function initials(name) that returns the first letters of all words of a name as capitals, "
            'without blanks or points: initials("ada king lovelace") is "AKL".' + _ONLY,
        ),
        Code(
            "initials",
            (
                Case("initials('ada king lovelace')", "'AKL'"),
                Case("initials('Grace')", "'G'"),
                Case("initials('  jean   luc  ')", "'JL'"),
                Case("initials('')", "''"),
            ),
        ),
        250,
        quick=True,
    ),
    Prompt(
        "code-evens",
        "coding",
        0.22,
        (
            "Write a Python function evens_doubled(numbers) that takes a list of integers and returns a new list with "
            "only the even ones, in the same order, each multiplied by two." + _ONLY,
        ),
        Code(
            "evens_doubled",
            (
                Case("evens_doubled([1, 2, 3, 4])", "[4, 8]"),
                Case("evens_doubled([])", "[]"),
                Case("evens_doubled([-2, 0, 7, 10])", "[-4, 0, 20]"),
                Case("x = [2, 5]\nevens_doubled(x)\nx", "[2, 5]"),
            ),
        ),
        250,
    ),
    Prompt(
        "code-read-loop",
        "coding",
        0.3,
        (
            (
                "What does this Python program print? End with a line of the form Answer: NUMBER\n\n```python\n"
                "total = 0\nfor n in range(2, 9):\n    if n % 3 == 0:\n        continue\n    total += n\n"
                "print(total)\n```"
            ),
        ),
        Number(26),
        300,
    ),
    Prompt(
        "code-repair",
        "coding",
        0.4,
        (
            "This function should return the second largest different value of a list, or None if there is none. It is "
            "wrong in several ways. Write it correctly, under the same name."
            + _ONLY
            + (
                "\n\n```python\ndef second_largest(values):\n    best = second = 0\n    for value in values:\n     "
                "   if value > best:\n            best = value\n        elif value > second:\n            second = "
                "value\n    return second\n```"
            ),
        ),
        Code(
            "second_largest",
            (
                Case("second_largest([3, 9, 4])", "4"),
                Case("second_largest([9, 3, 9])", "3"),
                Case("second_largest([5, 7, 9])", "7"),
                Case("second_largest([-4, -1, -9])", "-4"),
                Case("second_largest([6, 6])", "None"),
                Case("second_largest([])", "None"),
            ),
        ),
        400,
    ),
    Prompt(
        "code-pages",
        "coding",
        0.46,
        (
            "Write a Python function pages(numbers) that turns a list of page numbers, in any order and perhaps with "
            'repeats, into a short text: pages([7, 1, 2, 3, 5, 8, 2]) is "1-3,5,7-8". Two neighbours are written as a '
            'range too; an empty list gives "".' + _ONLY,
        ),
        Code(
            "pages",
            (
                Case("pages([7, 1, 2, 3, 5, 8, 2])", "'1-3,5,7-8'"),
                Case("pages([])", "''"),
                Case("pages([4])", "'4'"),
                Case("pages([10, 9])", "'9-10'"),
                Case("pages([1, 3, 5])", "'1,3,5'"),
                Case("pages([2, 2, 2])", "'2'"),
                Case("x = [3, 1]\npages(x)\nx", "[3, 1]"),
            ),
        ),
        400,
        quick=True,
    ),
    Prompt(
        "code-read-default",
        "coding",
        0.5,
        (
            (
                "What does this Python program print? End with a line of the form Answer: NUMBER\n\n```python\n"
                "def add(item, seen=[]):\n    seen.append(item)\n    return len(seen)\n\n"
                "print(add(1) + add(2, []) + add(3) + add(4))\n```"
            ),
        ),
        Number(7),
        350,
    ),
    Prompt(
        "code-duration",
        "coding",
        0.54,
        (
            "Write a Python function seconds(text) that reads durations such as '1h20m5s', '90m' or '45s' and returns "
            "the whole number of seconds. Units are h, m and s, each at most once and only in this order; numbers may "
            "have several digits. Anything else, the empty text included, raises ValueError." + _ONLY,
        ),
        Code(
            "seconds",
            (
                Case("seconds('1h20m5s')", "4805"),
                Case("seconds('90m')", "5400"),
                Case("seconds('45s')", "45"),
                Case("seconds('2h3s')", "7203"),
                Case("seconds('5m1h')", raises="ValueError"),
                Case("seconds('')", raises="ValueError"),
                Case("seconds('12')", raises="ValueError"),
                Case("seconds('1h 5m')", raises="ValueError"),
                Case("seconds('3m4m')", raises="ValueError"),
            ),
        ),
        500,
    ),
    Prompt(
        "code-intervals",
        "coding",
        0.58,
        (
            (
                "Write a Python function overlaps(a, b) that tells whether two closed intervals, given as "
                "tuples (start, end), share at least one point."
            ),
            (
                "Good. Now write merged(intervals), which takes a list of such tuples in any order and returns a "
                "sorted list in which all that share a point, directly or through others, are joined into one. "
                "Show the whole code again."
            ),
        ),
        Code(
            "merged",
            (
                Case("merged([(1, 3), (2, 5), (8, 9)])", "[(1, 5), (8, 9)]"),
                Case("merged([])", "[]"),
                Case("merged([(5, 6), (1, 2), (2, 5)])", "[(1, 6)]"),
                Case("merged([(1, 10), (2, 3), (4, 12)])", "[(1, 12)]"),
                Case("merged([(4, 4), (1, 2)])", "[(1, 2), (4, 4)]"),
                Case("x = [(3, 4), (1, 2)]\nmerged(x)\nx", "[(3, 4), (1, 2)]"),
            ),
        ),
        600,
    ),
    Prompt(
        "code-events",
        "coding",
        0.63,
        (
            (
                "In which order does this JavaScript program log its letters? Answer with the letters in a "
                "row, without blanks, in a last line of the form Answer: LETTERS\n\n```javascript\n"
                "console.log('P');\nsetTimeout(() => console.log('Q'), 0);\nPromise.resolve().then(() => {\n  "
                "console.log('R');\n  setTimeout(() => console.log('S'), 0);\n}).then(() => "
                "console.log('T'));\n(async () => { console.log('U'); await null; console.log('V'); })();\n"
                "console.log('W');\n```"
            ),
        ),
        Exact(("PUWRVTQS",)),
        600,
    ),
    Prompt(
        "code-race",
        "coding",
        0.66,
        (
            (
                "Review this function, which many threads of a web shop call at the same time. Say what can go "
                "wrong, give a short sequence of steps that shows it, and how you would repair it. At most 150 "
                "words.\n\n```python\ndef reserve(db, item, count):\n    row = db.query('SELECT stock FROM items "
                "WHERE id = ?', item)\n    if row.stock >= count:\n        db.execute('UPDATE items SET stock = ? "
                "WHERE id = ?', row.stock - count, item)\n        return True\n    return False\n```"
            ),
        ),
        Rubric(
            "Sees the lost update between SELECT and UPDATE (check, then act) and says that more can be sold "
            "than there is; shows it by two interleaved calls with numbers; repairs it in the database: one "
            "conditional UPDATE (SET stock = stock - ? WHERE id = ? AND stock >= ?) with a look at the number "
            "of changed rows, or SELECT … FOR UPDATE in a transaction. A lock in the process alone is half "
            "right (several processes). At most 150 words.",
            "Two threads may both read stock 5, both find it enough for 4, and both write 1: eight pieces sold "
            "out of five. Reading and writing must be one step. Let the database do both: UPDATE items SET "
            "stock = stock - ? WHERE id = ? AND stock >= ?, and return whether one row was changed. A lock in "
            "Python helps only as long as there is a single process.",
        ),
        450,
    ),
    Prompt(
        "code-formula",
        "coding",
        0.7,
        (
            "Write a Python function compute(text) that evaluates a formula of integers with + - * / and "
            "parentheses, where - may also stand before a number or a parenthesis, and blanks mean nothing. "
            "Division is exact: return a fractions.Fraction. Do not use eval, exec or ast. Formulas that are "
            "wrong raise ValueError, division by zero raises ZeroDivisionError." + _ONLY,
        ),
        Code(
            "compute",
            (
                Case("r = compute('1 + 2 * 3')\n(r.numerator, r.denominator)", "(7, 1)"),
                Case("r = compute('(1+2)*3 - 4/8')\n(r.numerator, r.denominator)", "(17, 2)"),
                Case("r = compute('-(2 - 5)*-2')\n(r.numerator, r.denominator)", "(-6, 1)"),
                Case("r = compute('8/4/2')\n(r.numerator, r.denominator)", "(1, 1)"),
                Case("r = compute('10 - 4 - 3')\n(r.numerator, r.denominator)", "(3, 1)"),
                Case("compute('2 +')", raises="ValueError"),
                Case("compute('(1')", raises="ValueError"),
                Case("compute('1 2')", raises="ValueError"),
                Case("compute('1/(3-3)')", raises="ZeroDivisionError"),
            ),
        ),
        900,
    ),
    Prompt(
        "code-shelf",
        "coding",
        0.76,
        (
            "Write a Python class Shelf(size, lifetime). put(key, value, now) stores a value at the time now; "
            "get(key, now) returns it, or None if it is not there or if at least lifetime seconds have passed "
            "since it was put. A get that finds its value counts as use; so does a put. When a put of a new "
            "key would make more than size entries, first all expired ones are thrown out, and if that is not "
            "enough, the one that was used least recently. Putting a key again renews value and time. "
            "len(shelf) counts what is stored, expired or not." + _ONLY,
        ),
        Code(
            "Shelf",
            (
                Case(
                    "s = Shelf(2, 10)\ns.put('a', 1, 0)\n[s.get('a', 9), s.get('a', 10), s.get('b', 0)]",
                    "[1, None, None]",
                ),
                Case(
                    "s = Shelf(2, 100)\ns.put('a', 1, 0)\ns.put('b', 2, 1)\ns.get('a', 2)\ns.put('c', 3, 3)\n"
                    "[s.get(k, 4) for k in 'abc']",
                    "[1, None, 3]",
                ),
                Case(
                    "s = Shelf(2, 10)\ns.put('a', 1, 0)\ns.put('b', 2, 8)\ns.get('a', 9)\ns.put('c', 3, 12)\n"
                    "[s.get(k, 13) for k in 'abc']",
                    "[None, 2, 3]",
                ),
                Case("s = Shelf(1, 10)\ns.put('a', 1, 0)\ns.put('a', 5, 8)\n[s.get('a', 15), len(s)]", "[5, 1]"),
                Case("s = Shelf(2, 5)\ns.put('a', 0, 0)\ns.put('b', None, 0)\n[s.get('a', 1), len(s)]", "[0, 2]"),
                Case(
                    "s = Shelf(2, 100)\ns.put('a', 1, 0)\ns.put('b', 2, 1)\ns.put('a', 3, 2)\ns.put('c', 4, 3)\n"
                    "[s.get(k, 4) for k in 'abc']",
                    "[3, None, 4]",
                ),
            ),
        ),
        900,
    ),
    Prompt(
        "code-wrap",
        "coding",
        0.86,
        (
            "Write a Python function even_lines(words, width) that breaks a list of words (none longer than "
            "width) into lines, the words of a line joined by single blanks and no line longer than width, so "
            "that the sum over all lines but the last of (width - length of the line) squared is as small as "
            "possible. Return that smallest sum as an integer. It must be quick for 2000 words." + _ONLY,
        ),
        Code(
            "even_lines",
            (
                Case("even_lines(['aaa', 'bb', 'cc', 'ddddd'], 6)", "10"),
                Case("even_lines(['one'], 5)", "0"),
                Case("even_lines([], 5)", "0"),
                Case("even_lines(['a', 'b', 'c'], 5)", "0"),
                Case("even_lines('the quick brown fox jumps over the lazy dog'.split(), 10)", "6"),
                Case("even_lines(['ab' * (1 + i % 4) for i in range(2000)], 30)", "24324"),
            ),
        ),
        900,
    ),
    Prompt(
        "code-growth",
        "coding",
        0.44,
        (
            (
                "A Python loop runs over a list of n items and in each round asks `if item in seen:` where seen is "
                "a list to which every new item is appended. How does the running time grow with n, if all items "
                "differ?\nA) like n\nB) like n log n\nC) like n squared\nD) like two to the power of n\nAnswer "
                "with the letter."
            ),
        ),
        Choice("C", ("like n", "like n log n", "like n squared", "like two to the power of n")),
        200,
    ),
)
