"""Who may import whom: the contracts of import-linter, and what really gets loaded."""

import subprocess
import sys

import pytest

NEVER = {
    "llmrouter_tui.cli --version": ("textual", "aiohttp", "peewee", "httpx", "msgspec"),
    "llmrouter_tui.service.assembly": ("textual", "httpx", "xllamacpp", "llmrouter_tui.demo", "llmrouter_tui.tui"),
    "llmrouter_tui.tui.app": ("aiohttp", "peewee", "httpx", "pynvml", "llmrouter_tui.engine", "llmrouter_tui.demo"),
    "llmrouter_tui.remote.host": ("textual", "aiohttp", "peewee", "llmrouter_tui.engine"),
    "llmrouter_tui.tui.state": ("textual", "rich"),
    "llmrouter_tui.tui.format": ("textual", "rich"),
    "llmrouter_tui.tui.actions": ("textual", "rich"),
    "llmrouter_tui.engine.control": ("aiohttp", "httpx", "textual", "peewee", "pynvml"),
}


def loaded(what: str) -> set[str]:
    """The modules in memory after importing a module, or after running it with arguments."""
    module, *arguments = what.split()
    code = f"import sys; sys.argv[1:] = {arguments}; import {module} as m"
    if arguments:
        code += "\ntry: m.main()\nexcept SystemExit: pass"
    code += "\nprint('LOADED', *sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    return set(ran.stdout.rpartition("LOADED")[2].split())


@pytest.mark.parametrize("what", NEVER)
def test_nothing_loads_what_it_does_not_need(what):
    modules = loaded(what)
    assert what.split()[0] in modules
    assert not [name for name in NEVER[what] if name in modules]


def test_the_core_loads_the_standard_library_only():
    modules = loaded("llmrouter_tui.core.selection") | loaded("llmrouter_tui.core.ports.host")
    ours = {m for m in modules if not m.startswith("llmrouter_tui")}
    outside = {m.partition(".")[0] for m in ours} - set(sys.stdlib_module_names) - {"__main__"}
    plain = loaded("json") | {"_virtualenv", "sitecustomize"}
    assert not {m for m in outside if m not in plain and not m.startswith(("_distutils", "__editable__"))}


def test_the_import_contracts_hold():
    linter = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]
    ran = subprocess.run(linter, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stdout[-3000:]
