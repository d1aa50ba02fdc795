"""What runs inside the sandbox beside the code of an answer: it puts the questions and writes down what came out.

Its source goes into a bare interpreter, alone: it imports only the standard library, and within its functions.
"""

from typing import Any

DEEPEST = 30


def plain(value: Any, depth: int = 0) -> Any:
    """A value as JSON can tell it: tuples as lists, sets sorted, bytes and keys that are no text marked as such."""
    if depth > DEEPEST:
        return "…"
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, bytes):
        return {"bytes": value.hex()}
    if isinstance(value, (list, tuple)):
        return [plain(one, depth + 1) for one in value]
    if isinstance(value, (set, frozenset)):
        return {"set": sorted((plain(one, depth + 1) for one in value), key=repr)}
    if isinstance(value, dict):
        if all(isinstance(key, str) for key in value):
            return {key: plain(one, depth + 1) for key, one in value.items()}
        return {"pairs": sorted(([plain(k, depth + 1), plain(v, depth + 1)] for k, v in value.items()), key=repr)}
    return {"other": type(value).__name__}


def run(code: str, name: str, cases: list[str], fd: int) -> None:
    """Run the code, then each case in what it defined, and write a line of JSON to ``fd`` for each."""
    import ast
    import io
    import json

    results = io.FileIO(fd, "w", closefd=False)

    def tell(key: str, value: Any) -> None:
        results.write(("\n" + json.dumps({key: value}) + "\n").encode("ascii"))

    def words(error: BaseException) -> str:
        return (type(error).__name__ + ": " + str(error))[:300]

    space: dict[str, Any] = {"__name__": "answer"}
    try:
        exec(compile(code, "<answer>", "exec"), space)
    except BaseException as error:
        if name not in space:
            return tell("broken", words(error))
    for number, case in enumerate(cases):
        try:
            tree = ast.parse(case)
            last = tree.body.pop()
            scope = dict(space)
            exec(compile(tree, "<test>", "exec"), scope)
            value = plain(eval(compile(ast.Expression(last.value), "<test>", "eval"), scope))  # type: ignore[attr-defined]
            line = {"value": value, "shown": str(value)[:200]}
            json.dumps(line)
        except BaseException as error:
            line = {"raised": [kind.__name__ for kind in type(error).__mro__], "words": words(error)}
        tell(str(number), line)
    return None
