"""Which catalog entry a name means: exact alias first, then the same words and sizes, else none.

A false match is worse than none: it would lend a model the figures of another. So nothing is matched in part; what
comes near is told apart, as a weak hint. The same text can mean different weights by where it was said (``qwen3:4b``
is Ollama's moving default, ``Qwen3-4B`` a release), so every name is read in one of three ways.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from llmrouter_tui.core.catalog import Entry
from llmrouter_tui.core.domain import CatalogMatch, MatchKind
from llmrouter_tui.core.near import nearest
from llmrouter_tui.core.places import REQUANTIZERS, Place, Way, place_of
from llmrouter_tui.core.spelling import Spelling, is_number, size_of, spell
from llmrouter_tui.core.words import word_set

HOST_WORDS = word_set("open turbo instant versatile free fast maas tee basic cloud 8192 32768")
"""What hosts add to names of open models: speed, price or context of the service."""
MODIFIED = word_set("abliterated uncensored")
"""Changes that several people make to the same weights: only the repository's own name tells whose they are."""
RELEASED = ("id", "repo")
PUBLISHED = ("id", "repo", "plain")
"""Origins of spellings: names of releases, and with them the loose names of boards and services."""
LONGEST = 1000
"""Characters; what is longer (paths included) is no name."""
NEARLY = 0.08
"""How far a size that only hosts append may be from the known parameters."""


class Match(NamedTuple):
    """The entry that a name means, or None, then perhaps with a relative."""

    id: str | None
    near: str | None = None
    how: str = ""
    """In words: by which of the entry's spellings."""
    exact: bool = False
    """Letter by letter, case aside; else by the grammar of names."""
    said: str = ""
    """What the name says of the mode that the model is run in (``modes.split_mode``)."""

    @property
    def kind(self) -> MatchKind:
        if self.id:
            return "alias" if self.exact else "grammar"
        return "near" if self.near else "none"

    def taken(self, chosen: str | None = None) -> CatalogMatch:
        """What the model is taken for by this, unless the user has ``chosen`` an entry, or with an empty word none."""
        return CatalogMatch(self.kind, self.id or self.near or "", self.how, chosen is not None, chosen or "")


@dataclass(frozen=True, slots=True)
class _Sign:
    """One spelling of an entry, and where it is spelled so."""

    entry: Entry
    text: str
    origin: str
    """``id``, ``repo`` (owner/name), ``ollama``, ``plain``; ``nested`` and ``slug`` are known as a whole only."""
    spelling: Spelling


@dataclass(frozen=True, slots=True)
class _Traits:
    """What all spellings of an entry say together."""

    sizes: frozenset[str]
    says_chat: bool
    bare: bool
    """Whether its weights are published under a name that says neither chat nor base."""
    repos: tuple[str, ...]
    """Owner and name, in lower case."""

    @property
    def owners(self) -> frozenset[str]:
        return frozenset(repo.partition("/")[0] for repo in self.repos)


class Names:
    """The names of a catalog, ready to be matched. Made once (tens of milliseconds); matching only reads."""

    def __init__(self, entries: Mapping[str, Entry]) -> None:
        signs = {e.id: [_sign(e, e.id), *(_sign(e, alias) for alias in e.aliases)] for e in entries.values()}
        self._entries = tuple(entries.values())
        self._signs = [sign for group in signs.values() for sign in group]
        self._ids = {entry_id: group[0].spelling for entry_id, group in signs.items()}
        self._exact = {s.text.lower(): s.entry for s in self._signs} | {e.id.lower(): e for e in entries.values()}
        self._bases = [self._ids[e.id] for e in entries.values() if e.kind == "base"]
        self._traits = {entry_id: _traits(group) for entry_id, group in signs.items()}
        self._owners = frozenset(owner for traits in self._traits.values() for owner in traits.owners)
        self._by_words: dict[tuple[str, ...], list[_Sign]] = {}
        for sign in self._signs:
            self._by_words.setdefault(sign.spelling.words, []).append(sign)

    def match(self, name: str, kind: str = "", *, local: bool = False) -> Match:
        """The entry that ``name`` means where a server of ``kind`` says it: a kind of backend, or ``gguf``, ``mlx``,
        ``vllm``, ``lmstudio``, ``openrouter``, ``litellm``, ``bedrock``, ``api``; others are judged by the name's form.
        With ``local``, its weights run on the user's side, whatever the kind. Never raises."""
        if len(name) > LONGEST:
            return Match(None)
        place = place_of(name, kind, local=local)
        if entry := self._alias(place):
            return Match(entry.id, how=f"{name} is one of its names", exact=True)
        ollama = place.way is Way.OLLAMA
        if not place.foreign:
            for stem, tag in place.readings(self._owners):
                if sign := self._found(spell(stem, tag, ollama=ollama), place):
                    return Match(sign.entry.id, how=f"the same words and sizes as {sign.text}")
        return Match(None, nearest(spell(place.stem, place.tag, ollama=ollama), self._relatives()))

    def _relatives(self) -> Iterable[tuple[Entry, Spelling, bool]]:
        return ((s.entry, s.spelling, s.origin == "ollama") for s in self._signs if s.origin in (*RELEASED, "ollama"))

    def _alias(self, place: Place) -> Entry | None:
        """The entry whose alias this is, letter by letter (case aside)."""
        for text in place.exact():
            entry = self._exact.get(text)
            if entry and not (entry.hosted and place.local) and not self._untold(entry, text, place):
                return entry
        return None

    def _untold(self, entry: Entry, text: str, place: Place) -> bool:
        """Whether an alias means something else in this place: tags are Ollama's only, weights without an owner and
        bases with a chat model of the same name are read by their words."""
        if place.way is Way.OLLAMA:
            return ":" not in text
        if place.way is Way.WEIGHTS:
            return "/" not in text
        return entry.kind == "base" and self._has_chat(entry)

    def _has_chat(self, base: Entry) -> bool:
        """Whether a chat model differs from this base by that word only."""
        mine = self._ids[base.id]
        return any(s.entry.kind == "chat" and s.spelling.sizes == mine.sizes for s in self._by_words[mine.words])

    def _found(self, name: Spelling, place: Place) -> _Sign | None:
        """The one entry with this spelling, by the strictest reading that finds any."""
        signs = self._by_words.get(name.words, [])
        if place.way is Way.OLLAMA:
            return self._in_ollama(name, signs, place)
        if place.way is Way.WEIGHTS:
            return self._one(name, (s for s in signs if s.origin in RELEASED), place)
        return self._served(name, signs, place)

    def _in_ollama(self, name: Spelling, signs: Sequence[_Sign], place: Place) -> _Sign | None:
        """A tag that names its quantization stays what it was; one that does not may have moved to newer weights."""
        tags = [s for s in signs if s.origin == "ollama"]
        released = [s for s in signs if s.origin in RELEASED]
        if "cloud" in name.words and not signs:
            return self._in_cloud(name, place)
        if not name.quantized:
            moving = [s for s in tags if not s.spelling.quantized]
            return self._one(name, moving, place) or self._one(name, released, place)
        fixed = [s for s in tags if s.spelling.quantized]
        safe = [s for s in tags if not s.spelling.quantized and _versions(self._ids[s.entry.id]) <= set(name.words)]
        return self._one(name, fixed, place) or self._one(name, released, place) or self._one(name, safe, place)

    def _in_cloud(self, name: Spelling, place: Place) -> _Sign | None:
        """``family:cloud`` is a release by that name, not the library's default."""
        name = name._replace(words=tuple(w for w in name.words if w != "cloud"))
        return self._one(name, (s for s in self._by_words.get(name.words, ()) if s.origin in RELEASED), place)

    def _served(self, name: Spelling, signs: Sequence[_Sign], place: Place) -> _Sign | None:
        """Hosts drop what their only model of the kind does not need, and append words of their service."""
        clear = [s for s in signs if s.origin in PUBLISHED and not self._moving(s, name)]
        if found := self._one(name, clear, place):
            return found
        kept = tuple(w for w in name.words if w not in HOST_WORDS)
        if kept != name.words:
            bare = name._replace(words=kept, role="chat")
            open_ = [s for s in self._by_words.get(kept, ()) if s.origin in PUBLISHED and not s.entry.hosted]
            return self._one(bare, [s for s in open_ if not self._moving(s, bare)], place)
        if "embedding" in kept and (found := self._embedding(name, place)):
            return found
        return self._undated(name, place)

    def _embedding(self, name: Spelling, place: Place) -> _Sign | None:
        """An embedding model may say once more that it is one."""
        kept = tuple(w for w in name.words if w != "embedding")
        signs = (s for s in self._by_words.get(kept, ()) if s.entry.kind == "embedding")
        return self._one(name._replace(words=kept), signs, place)

    def _undated(self, name: Spelling, place: Place) -> _Sign | None:
        """The only release of its kind: the name leaves the date out, or tells the date and leaves the size out."""
        found = []
        for sign in self._signs:
            dated = sign.spelling.words
            if sign.origin not in RELEASED or sign.entry.hosted or not any(map(_is_date, dated)):
                continue
            if tuple(w for w in dated if not _is_date(w)) == name.words:
                wanted = name._replace(words=dated)
            elif dated == name.words and not name.sizes:
                wanted = name._replace(sizes=sign.spelling.sizes)
            else:
                continue
            if self._fits(wanted, sign, place):
                found.append(sign)
        only = len({s.entry.id for s in found}) == 1 and not self._has_rival(found[0].entry, name)
        return found[0] if only else None

    def _moving(self, sign: _Sign, name: Spelling) -> bool:
        """Whether a loose name of one release could as well mean another (``mistral-small``)."""
        loose = sign.origin == "plain" and _versions(self._ids[sign.entry.id]) - set(name.words)
        return bool(loose) and self._has_rival(sign.entry, name)

    def _has_rival(self, entry: Entry, name: Spelling) -> bool:
        """Whether another release differs from the name by versions and dates only."""
        return any(
            other.id != entry.id
            and other.kind == entry.kind
            and (not name.sizes or name.sizes <= self._traits[other.id].sizes)
            and _later(self._ids[other.id], name)
            for other in self._entries
        )

    def _one(self, name: Spelling, signs: Iterable[_Sign], place: Place) -> _Sign | None:
        """The sign that fits, if all that fit are of one entry. A name that says neither chat nor base is base where
        weights are published under their own names, and not told apart where anything is served."""
        fitting = [s for s in signs if self._fits(name, s, place)]
        if not name.role and self._told_apart(fitting, name):
            fitting = [s for s in fitting if s.entry.kind == self._unspoken(name, place)]
        if len({s.entry.id for s in fitting}) > 1:
            fitting = [s for s in fitting if s.spelling.role == name.role and s.spelling.sizes == name.sizes]
        return fitting[0] if len({s.entry.id for s in fitting}) == 1 else None

    def _told_apart(self, fitting: Sequence[_Sign], name: Spelling) -> bool:
        """Whether this family has chat and base models, so that a name with neither word leaves a question."""
        if len({s.entry.kind for s in fitting}) > 1:
            return True
        implied = any(s.entry.kind == "chat" and self._traits[s.entry.id].says_chat for s in fitting)
        return implied and any(_later(base, name) for base in self._bases)

    def _unspoken(self, name: Spelling, place: Place) -> str:
        """What a name without either word is: base under its maker's name, chat at a service, open without an owner."""
        makers = {o for s in self._by_words[name.words] for o in self._traits[s.entry.id].owners}
        if place.way is Way.WEIGHTS or (place.owner in makers and not place.local):
            return "base"
        return "chat" if place.owner else ""

    def _fits(self, name: Spelling, sign: _Sign, place: Place) -> bool:
        entry, traits = sign.entry, self._traits[sign.entry.id]
        if entry.hosted and place.local:
            return False
        if not _sizes_fit(name, sign, traits, lenient=place.way is not Way.WEIGHTS):
            return False
        if MODIFIED & set(name.words) and not _same_repository(traits, place):
            return False
        return _role_fits(name, sign, traits, place)


def _sign(entry: Entry, alias: str) -> _Sign:
    if alias == entry.id:
        return _Sign(entry, alias, "id", spell(alias))
    if alias == entry.id.replace(".", "-"):  # lfm2-1-2b cannot be cut into words: it could be a 2B
        return _Sign(entry, alias, "slug", Spelling((), frozenset(), "", False))
    place = place_of(alias, "")
    if "/" in alias:
        return _Sign(entry, alias, "repo" if place.way is not Way.OLLAMA else "nested", spell(place.stem))
    if place.way is Way.OLLAMA:
        return _Sign(entry, alias, "ollama", spell(place.stem, place.tag, ollama=True))
    return _Sign(entry, alias, "plain", spell(place.stem, place.tag))


def _traits(signs: Sequence[_Sign]) -> _Traits:
    repos = [s for s in signs if s.origin == "repo"]
    return _Traits(
        frozenset(size for s in signs for size in s.spelling.sizes),
        any(s.spelling.role == "chat" for s in signs),
        not repos or any(not s.spelling.role for s in repos),
        tuple(s.text.lower() for s in repos),
    )


def _same_repository(traits: _Traits, place: Place) -> bool:
    """Whether a name begins letter by letter as a repository, and is its owner's or of one who changes nothing."""
    if place.owner and place.owner not in traits.owners | REQUANTIZERS:
        return False
    return any(place.stem.lower().startswith(repo.partition("/")[2]) for repo in traits.repos)


def _sizes_fit(name: Spelling, sign: _Sign, traits: _Traits, *, lenient: bool) -> bool:
    """Every size of the name is the entry's, and every size of the sign is said; ``lenient`` spares active sizes."""
    for size in name.sizes - traits.sizes:
        known = sign.entry.parameters
        if sign.spelling.sizes or sign.origin == "ollama" or not known or abs(size_of(size) / known - 1) > NEARLY:
            return False
    missing = sign.spelling.sizes - name.sizes
    return all(lenient and size[0] == "a" for size in missing)


def _role_fits(name: Spelling, sign: _Sign, traits: _Traits, place: Place) -> bool:
    entry, said = sign.entry, sign.spelling.role
    if entry.kind == "embedding":
        return name.role == said
    if name.role == "base":
        return entry.kind == "base" and said != "chat"
    if name.role == "chat":
        return entry.kind == "chat" and (traits.says_chat or (place.way is Way.SERVED and not entry.hosted))
    if sign.origin == "ollama":
        return not said
    if place.way is Way.SERVED:
        return said != "base"
    return not said and traits.bare and not (place.way is Way.OLLAMA and entry.kind == "base")


def _versions(spelling: Spelling) -> set[str]:
    return {w for w in spelling.words if is_number(w)}


def _later(spelling: Spelling, name: Spelling) -> bool:
    """Whether a spelling is the name and versions or dates beside it."""
    beside = Counter(spelling.words)
    beside.subtract(name.words)
    return min(beside.values(), default=0) >= 0 and all(is_number(w) for w in beside.elements())


def _is_date(word: str) -> bool:
    """``2507``, ``0414``, ``20250514``: release codes, not versions."""
    return word.isdigit() and len(word) in (4, 8)
