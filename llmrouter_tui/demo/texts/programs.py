"""Solutions of the programming prompts, written from the prompts alone, and mistakes that are easily made."""

SOLUTIONS = {
    "code-initials": "def initials(name):\n    return ''.join(word[0].upper() for word in name.split())",
    "code-evens": "def evens_doubled(numbers):\n    return [n * 2 for n in numbers if n % 2 == 0]",
    "code-repair": """
def second_largest(values):
    different = sorted(set(values))
    return different[-2] if len(different) > 1 else None
""",
    "code-pages": """
def pages(numbers):
    runs = []
    for n in sorted(set(numbers)):
        if runs and runs[-1][1] == n - 1:
            runs[-1][1] = n
        else:
            runs.append([n, n])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)
""",
    "code-duration": """
import re

def seconds(text):
    found = re.fullmatch(r"(?:(\\d+)h)?(?:(\\d+)m)?(?:(\\d+)s)?", text)
    if not text or not found:
        raise ValueError(text)
    hours, minutes, rest = (int(part or 0) for part in found.groups())
    return hours * 3600 + minutes * 60 + rest
""",
    "code-intervals": """
def overlaps(a, b):
    return a[0] <= b[1] and b[0] <= a[1]

def merged(intervals):
    result = []
    for start, end in sorted(intervals):
        if result and overlaps(result[-1], (start, end)):
            result[-1] = (result[-1][0], max(result[-1][1], end))
        else:
            result.append((start, end))
    return result
""",
    "code-formula": """
import re
from fractions import Fraction

def compute(text):
    tokens = re.findall(r"\\d+|\\S", text)
    at = 0

    def peek():
        return tokens[at] if at < len(tokens) else ""

    def take():
        nonlocal at
        at += 1
        return tokens[at - 1]

    def total():
        value = product()
        while peek() in ("+", "-"):
            value = value + product() if take() == "+" else value - product()
        return value

    def product():
        value = factor()
        while peek() in ("*", "/"):
            value = value * factor() if take() == "*" else value / factor()
        return value

    def factor():
        if peek() == "-":
            take()
            return -factor()
        if peek() == "(":
            take()
            value = total()
            if peek() != ")":
                raise ValueError("parenthesis")
            take()
            return value
        if not peek().isdigit():
            raise ValueError("number expected")
        return Fraction(int(take()))

    value = total()
    if peek():
        raise ValueError("rest")
    return value
""",
    "code-shelf": """
from collections import OrderedDict

class Shelf:
    def __init__(self, size, lifetime):
        self.size, self.lifetime, self.kept = size, lifetime, OrderedDict()

    def __len__(self):
        return len(self.kept)

    def get(self, key, now):
        if key not in self.kept or now - self.kept[key][1] >= self.lifetime:
            return None
        self.kept.move_to_end(key)
        return self.kept[key][0]

    def put(self, key, value, now):
        if key not in self.kept and len(self.kept) >= self.size:
            for old in [k for k, (_, at) in self.kept.items() if now - at >= self.lifetime]:
                del self.kept[old]
            if len(self.kept) >= self.size:
                self.kept.popitem(last=False)
        self.kept[key] = (value, now)
        self.kept.move_to_end(key)
""",
    "code-wrap": """
def even_lines(words, width):
    n = len(words)
    best = [0] * (n + 1)
    for i in range(n - 1, -1, -1):
        length, least = -1, None
        for j in range(i, n):
            length += len(words[j]) + 1
            if length > width:
                break
            cost = 0 if j == n - 1 else (width - length) ** 2 + best[j + 1]
            least = cost if least is None or cost < least else least
        best[i] = least
    return best[0]
""",
}

MISTAKES = {
    "code-initials": "def initials(name):\n    return name[0].upper()",
    "code-evens": "def evens_doubled(numbers):\n    return [n * 2 for n in numbers if n % 2]",
    "code-repair": "def second_largest(values):\n    return sorted(values)[-2]",
    "code-pages": "def pages(numbers):\n    return ','.join(map(str, sorted(numbers)))",
    "code-duration": """
def seconds(text):
    total = 0
    for unit, size in (("h", 3600), ("m", 60), ("s", 1)):
        if unit in text:
            part, text = text.split(unit, 1)
            total += int(part) * size
    return total
""",
    "code-intervals": """
def merged(intervals):
    result = []
    for start, end in sorted(intervals):
        if result and start < result[-1][1]:
            result[-1] = (result[-1][0], end)
        else:
            result.append((start, end))
    return result
""",
    "code-formula": "def compute(text):\n    return __import__('fractions').Fraction(eval(text))",
    "code-shelf": """
class Shelf(dict):
    def __init__(self, size, lifetime):
        self.size = size
    def put(self, key, value, now):
        if len(self) >= self.size:
            self.pop(next(iter(self)))
        self[key] = value
    def get(self, key, now):
        return dict.get(self, key)
""",
    "code-wrap": """
def even_lines(words, width):
    lines, line = [], ""
    for word in words:
        if line and len(line) + 1 + len(word) > width:
            lines.append(line)
            line = word
        else:
            line = (line + " " + word).strip()
    return sum((width - len(one)) ** 2 for one in lines)
""",
}
