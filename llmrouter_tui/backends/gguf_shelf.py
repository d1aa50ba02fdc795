"""The models that the GGUF files of this machine hold, read once and again when a file changes."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from llmrouter_tui.backends.gguf import GgufModel, read_model
from llmrouter_tui.backends.gguf_files import GgufFile, find_files
from llmrouter_tui.core.domain import Capability

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Shelved:
    """A model that can be run, and where it is."""

    file: GgufFile
    model: GgufModel

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What it can do: JSON always, by grammar; the rest by its template, projector and pooling."""
        if self.model.use == "embed":
            return frozenset({"embedding"})
        if self.model.use != "generate":
            return frozenset()
        can: set[Capability] = {"completion", "json"}
        if self.model.template_tools:
            can.add("tools")
        if self.model.template_thinking:
            can.add("thinking")
        if self.file.projector is not None:
            can.add("vision")
        return frozenset(can)


class Shelf:
    """Looks for models in ``folders``, the data folder and the usual places. Blocking: use it in a thread."""

    def __init__(self, folders: Sequence[Path], data_dir: Path) -> None:
        self._folders = tuple(folders)
        self._data_dir = data_dir
        self._read: dict[tuple[Path, int, int], GgufModel | None] = {}

    def scan(self) -> Mapping[str, Shelved]:
        """What is there now, by name. Broken files are left out; the log says which and why."""
        found: dict[str, Shelved] = {}
        read: dict[tuple[Path, int, int], GgufModel | None] = {}
        for file in find_files(self._folders, self._data_dir):
            try:
                key = (file.paths[0], file.size, file.paths[0].stat().st_mtime_ns)
                model = self._read[key] if key in self._read else _read(file)
            except OSError as error:
                log.info("%s is passed over: %s", file.paths[0], error)
                continue
            read[key] = model
            if model is not None and model.use != "none":
                found[file.name] = Shelved(file, model)
        self._read = read
        return found


def _read(file: GgufFile) -> GgufModel | None:
    """The model in a file, or None if the file is broken."""
    try:
        return read_model(file.paths)
    except ValueError as error:
        log.info("%s is passed over: %s", file.paths[0], error)
        return None
