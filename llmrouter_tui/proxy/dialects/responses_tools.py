"""The tools of a response, all of them as functions, which is what every model's server knows.

Clients such as Codex offer functions in groups (``namespace``) and tools that take free text (``custom``); both run in
the client. A model is offered each under a joined name, and ``Toolbox.called`` tells what the client calls it. All of
it is made from the one request: nothing is remembered.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from hashlib import sha256
from typing import Any, Final, NamedTuple

import msgspec

from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.proxy.bodies import bad_request

_SEARCH: Final = "web_search"
"""How every kind of search begins, the preview and the dated ones too."""
_HOSTED: Final = (_SEARCH, "file_search", "code_interpreter", "image_generation", "mcp")
"""How the kinds begin that run at OpenAI."""
_OURS: Final = ("function", "custom")
_LONGEST: Final = 64
_ODD: Final = re.compile(r"[^a-zA-Z0-9_-]")
_FREE_TEXT: Final = {
    "type": "object",
    "properties": {"input": {"type": "string", "description": "The whole input of the tool, as plain text."}},
    "required": ["input"],
    "additionalProperties": False,
}


class ResponsesToolFormat(msgspec.Struct):
    type: str
    syntax: str | None = None
    definition: str | None = None


class ResponsesTool(msgspec.Struct):
    type: str
    name: str | None = None
    description: str | None = None
    parameters: dict[str, Any] | None = None
    strict: bool | None = None
    format: ResponsesToolFormat | None = None
    tools: "list[ResponsesTool] | None" = None


class ResponsesToolChoice(msgspec.Struct):
    type: str
    name: str | None = None
    namespace: str | None = None
    mode: str | None = None
    tools: list[dict[str, Any]] | None = None


class Called(NamedTuple):
    """What the client calls a tool."""

    name: str
    namespace: str = ""
    custom: bool = False
    """Whether it takes free text."""


class Toolbox:
    """The tools of one request. Searches of the web are left out where a model may do without them.

    Raises ``RouterError`` ``invalid_request`` naming the tool that no model can be offered.
    """

    def __init__(self, tools: Sequence[ResponsesTool]) -> None:
        self.functions: list[dict[str, Any]] = []
        """Canonical."""
        self.called: dict[str, Called] = {}
        """By the name that a model knows, for tools that the client knows otherwise."""
        self._names: dict[Called, str] = {}
        self._meant: defaultdict[Called, list[str]] = defaultdict(list)
        """Which tools may be meant without their group, and by a group alone."""
        self._taken = {tool.name or "" for tool in tools if tool.type == "function"}
        self._searches: list[tuple[str, str]] = []
        """Those left out: kind and place."""
        for index, tool in enumerate(tools):
            self._add(tool, f"tools[{index}]")

    def name(self, called: Called) -> str:
        """Under which name a model knows a tool, or knew it in an earlier turn: made of letters, digits, ``_`` and
        ``-``, 64 at most, and no other tool's."""
        if called == Called(called.name):
            return called.name
        if called not in self._names:
            self._names[called] = name = self._free(called)
            self._taken.add(name)
            self.called[name] = called
        return self._names[called]

    def fields(self, choice: str | ResponsesToolChoice | None) -> dict[str, Any]:
        """``tools`` and ``tool_choice`` of the canonical request."""
        tools, wanted = self.functions, choice
        if isinstance(choice, ResponsesToolChoice):
            if choice.type in _OURS:
                function = {"name": self._chosen(choice.type, choice.name or "", choice.namespace or "")}
                return {"tools": tools, "tool_choice": {"type": "function", "function": function}} if tools else {}
            if choice.type != "allowed_tools":
                raise _no_such_tool(choice.type, "tool_choice")
            tools, wanted = self._allowed(choice.tools or []), choice.mode or "auto"
        if tools:
            return {"tools": tools} | ({} if wanted is None else {"tool_choice": wanted})
        if wanted == "required" and self._searches:
            raise _no_such_tool(*self._searches[0])
        return {"tool_choice": "none"} if wanted == "none" else {}

    def _add(self, tool: ResponsesTool, path: str) -> None:
        if tool.type == "namespace":
            group = _named(tool, path)
            for index, inner in enumerate(tool.tools or ()):
                self._offer(inner, f"{path}.tools[{index}]", group)
        elif tool.type.startswith(_SEARCH):
            self._searches.append((tool.type, path))
        else:
            self._offer(tool, path)

    def _offer(self, tool: ResponsesTool, path: str, group: str = "") -> None:
        if tool.type not in _OURS:
            raise _no_such_tool(tool.type, path)
        custom = tool.type == "custom"
        called = Called(_named(tool, path), group, custom)
        function: dict[str, Any] = {"name": self.name(called)}
        self._meant[called._replace(namespace="")].append(function["name"])
        if group:
            self._meant[Called("", group)].append(function["name"])
        told = _custom(tool) if custom else tool
        for key in ("description", "parameters", "strict"):
            if (value := getattr(told, key)) is not None:
                function[key] = value
        self.functions.append({"type": "function", "function": function})

    def _free(self, called: Called) -> str:
        """A name that is not taken: with the group's before it, and marked where that alone would not do."""
        joined = f"{called.namespace}__{called.name}" if called.namespace else called.name
        name, mark = _ODD.sub("_", joined), ""
        plain = name
        while name in self._taken or len(name) > _LONGEST or not (mark or name == joined):
            mark = sha256(f"{mark}\0{called}".encode()).hexdigest()[:8]
            name = f"{plain[: _LONGEST - 9]}_{mark}"
        return name

    def _chosen(self, kind: str, name: str, namespace: str) -> str:
        """The model's name of a tool that a choice names, with its group or, where only one can be meant, without."""
        called = Called(name, namespace, kind == "custom")
        meant = [] if namespace or name in self._taken else self._meant.get(called, [])
        return meant[0] if len(meant) == 1 else self.name(called)

    def _allowed(self, given: list[dict[str, Any]]) -> list[dict[str, Any]]:
        names: set[str] = set()
        groups: set[str] = set()
        searches: list[tuple[str, str]] = []
        for tool in given:
            kind, name, group = (str(tool.get(key) or "") for key in ("type", "name", "namespace"))
            if kind == "namespace":
                groups.add(name)
            elif kind.startswith(_SEARCH):
                searches.append((kind, "tool_choice"))
            else:
                names.add(self._chosen(kind, name, group))
        names.update(*(self._meant.get(Called("", group), ()) for group in groups))
        self._searches = searches
        return [tool for tool in self.functions if tool["function"]["name"] in names]


class _Input(msgspec.Struct):
    input: str


_READ: Final = msgspec.json.Decoder(_Input)


def as_arguments(text: str) -> str:
    """Free text as the arguments of a function."""
    return msgspec.json.encode(_Input(text)).decode()


def as_text(arguments: str) -> str:
    """The free text in a function's arguments; the arguments as they are where a model did not keep to their shape."""
    try:
        return _READ.decode(arguments).input
    except msgspec.DecodeError:
        return arguments


def _custom(tool: ResponsesTool) -> ResponsesTool:
    """A tool for free text as a function. Its grammar is told, which is all that can be done about it here."""
    told = [tool.description] if tool.description else []
    if tool.format is not None and tool.format.definition:
        told.append(f"The input follows this {tool.format.syntax or ''} grammar:\n{tool.format.definition}")
    return ResponsesTool("function", description="\n\n".join(told) or None, parameters=_FREE_TEXT)


def _named(tool: ResponsesTool, path: str) -> str:
    if not tool.name:
        raise bad_request(f"The field '{path}.name' is missing.", param=f"{path}.name", hint=f"Name the {tool.type}.")
    return tool.name


def _no_such_tool(kind: str, path: str) -> RouterError:
    hosted = kind.startswith(_HOSTED)
    why = "which runs at OpenAI and not here" if hosted else "which this router cannot offer to a model"
    return bad_request(
        f"The field {path!r} asks for a tool of type {kind[:60]!r}, {why}.",
        param=path,
        hint="Offer it as a function, and run it in your own program.",
    )
