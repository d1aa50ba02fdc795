"""Where models are found on a machine, under which names, and each of them once."""

import hashlib
import json
import os
import sys
from pathlib import Path

import pytest

from llmrouter_tui.backends.gguf_files import GgufFile, find_files, known_folders, models_folder
from tests.backends.embedded.making import gguf, write


def found(home: Path, *folders: Path, **environ: str) -> dict[str, GgufFile]:
    """What is found under ``home`` (an installed package's model left aside), by name."""
    files = find_files(folders, home / "data", environ=environ, home=home)
    return {file.name: file for file in files if file.paths[0].is_relative_to(home)}


def sized(bytes_more: int) -> bytes:
    """A sound file of a size of its own."""
    return gguf(data=4096 + bytes_more)


def test_models_of_other_programs_and_our_own_are_found(tmp_path: Path) -> None:
    hub = tmp_path / ".cache/huggingface/hub/models--org--Repo-GGUF"
    blob = write(hub / "blobs/abc", sized(1))
    link = hub / "snapshots/rev/Hub-7B.Q4_0.gguf"
    link.parent.mkdir(parents=True)
    link.symlink_to(blob)
    write(tmp_path / ".lmstudio/models/org/repo/Studio-8B.gguf", sized(2))
    write(tmp_path / "data/models/Ours.gguf", sized(3))
    write(tmp_path / "mine/deep/er/Mine-Q8_0.GGUF", sized(4))
    write(tmp_path / "mine/readme.txt", b"no model")
    assert set(found(tmp_path, tmp_path / "mine")) == {"Hub-7B.Q4_0", "Studio-8B", "Ours", "Mine-Q8_0"}
    assert models_folder(tmp_path / "data") == tmp_path / "data/models"


def test_the_environment_says_where_caches_are(tmp_path: Path) -> None:
    folders = known_folders({"HF_HOME": "/big/hf", "LLAMA_CACHE": "~/llama"}, tmp_path)
    assert Path("/big/hf/hub") in folders
    assert tmp_path / "llama" in folders
    assert Path("/x") in known_folders({"HF_HOME": "/big/hf", "HF_HUB_CACHE": "/x"}, tmp_path)


def test_lm_studio_may_have_been_moved(tmp_path: Path) -> None:
    (tmp_path / ".lmstudio-home-pointer").write_text(f"{tmp_path / 'elsewhere'}\n")
    write(tmp_path / "elsewhere/models/org/repo/Moved.gguf")
    assert set(found(tmp_path)) == {"Moved"}


def test_a_split_model_counts_once_and_only_when_it_is_complete(tmp_path: Path) -> None:
    for part in (1, 2, 3):
        write(tmp_path / f"mine/Big-Q4_K_M-0000{part}-of-00003.gguf", sized(part))
    write(tmp_path / "mine/Torn-00001-of-00002.gguf", sized(9))
    files = found(tmp_path, tmp_path / "mine")
    assert set(files) == {"Big-Q4_K_M"}
    big = files["Big-Q4_K_M"]
    assert [path.stem[-14:] for path in big.paths] == ["00001-of-00003", "00002-of-00003", "00003-of-00003"]
    assert big.size == sum(path.stat().st_size for path in big.paths)


def test_a_projector_goes_with_the_models_of_its_folder(tmp_path: Path) -> None:
    projector = write(tmp_path / "mine/see/mmproj-Seer-f16.gguf", sized(1))
    write(tmp_path / "mine/see/Seer-4B.gguf", sized(2))
    write(tmp_path / "mine/blind/Blind-4B.gguf", sized(3))
    files = found(tmp_path, tmp_path / "mine")
    assert set(files) == {"Seer-4B", "Blind-4B"}
    assert files["Seer-4B"].projector == projector
    assert files["Seer-4B"].size == files["Seer-4B"].paths[0].stat().st_size + projector.stat().st_size
    assert files["Blind-4B"].projector is None


def test_of_several_projectors_the_namesake_is_taken(tmp_path: Path) -> None:
    for name in ("Alpha-4B-Q4", "mmproj-Alpha-4B-f16", "Beta-9B-Q4", "mmproj-Beta-9B-f16"):
        write(tmp_path / f"mine/{name}.gguf", sized(len(name) + ord(name[0])))
    files = found(tmp_path, tmp_path / "mine")
    assert {name: file.projector.stem for name, file in files.items() if file.projector} == {
        "Alpha-4B-Q4": "mmproj-Alpha-4B-f16",
        "Beta-9B-Q4": "mmproj-Beta-9B-f16",
    }


def test_one_file_by_many_paths_and_copies_count_once(tmp_path: Path) -> None:
    original = write(tmp_path / "mine/a/Model.gguf")
    (tmp_path / "mine/b").mkdir()
    (tmp_path / "mine/b/Other-Name.gguf").symlink_to(original)
    write(tmp_path / "mine/c/Model.gguf")
    (tmp_path / "mine/a/loop").symlink_to(tmp_path / "mine", target_is_directory=True)
    assert set(found(tmp_path, tmp_path / "mine", tmp_path / "mine/a")) == {"Model"}


def test_different_models_of_one_name_are_told_apart_by_their_folder(tmp_path: Path) -> None:
    write(tmp_path / "mine/Model.gguf", sized(1))
    write(tmp_path / ".lmstudio/models/org/their-repo/Model.gguf", sized(2))
    hub = tmp_path / ".cache/huggingface/hub/models--org--Repo-GGUF/snapshots/rev"
    write(hub / "Model.gguf", sized(3))
    assert set(found(tmp_path, tmp_path / "mine")) == {"Model", "org/Repo-GGUF/Model", "their-repo/Model"}


def test_names_are_cleaned_of_repositories_and_unprintable_letters(tmp_path: Path) -> None:
    write(tmp_path / "mine/ggml-org_tiny-GGUF_tiny-Q8_0.gguf", sized(1))
    write(tmp_path / "mine/odd\x1b[31m\nname.gguf", sized(2))
    assert set(found(tmp_path, tmp_path / "mine")) == {"tiny-Q8_0", "odd[31mname"}


def test_ollama_models_keep_their_names(tmp_path: Path) -> None:
    root = tmp_path / ".ollama/models"

    def blob(content: bytes, kind: str) -> dict[str, object]:
        digest = hashlib.sha256(content).hexdigest()
        write(root / f"blobs/sha256-{digest}", content)
        return {"mediaType": f"application/vnd.ollama.image.{kind}", "digest": f"sha256:{digest}", "size": len(content)}

    def manifest(place: str, *layers: dict[str, object]) -> None:
        write(root / "manifests" / place, json.dumps({"layers": layers}).encode())

    manifest("registry.ollama.ai/library/llama3.2/1b", blob(sized(1), "model"), blob(b"text", "template"))
    manifest("registry.ollama.ai/someone/own/latest", blob(sized(2), "model"), blob(sized(3), "projector"))
    manifest("hf.co/org/repo/Q4_K_M", blob(sized(4), "model"))
    manifest("registry.ollama.ai/library/tuned/latest", blob(sized(5), "model"), blob(b"lora", "adapter"))
    manifest("registry.ollama.ai/library/cloud/latest", blob(b"{}", "params"))
    manifest(
        "registry.ollama.ai/library/evil/latest", {"mediaType": "application/vnd.ollama.image.model", "digest": "x"}
    )
    write(root / "manifests/registry.ollama.ai/library/broken/latest", b'{"layers": 3')
    files = found(tmp_path)
    assert set(files) == {"llama3.2:1b", "someone/own:latest", "hf.co/org/repo:Q4_K_M"}
    assert files["someone/own:latest"].projector is not None


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="the superuser may read everything")
def test_unreadable_folders_are_passed_over(tmp_path: Path) -> None:
    write(tmp_path / "mine/open/Model.gguf")
    write(tmp_path / "mine/closed/Secret.gguf")
    (tmp_path / "mine/closed").chmod(0)
    try:
        assert set(found(tmp_path, tmp_path / "mine", tmp_path / "not there")) == {"Model"}
    finally:
        (tmp_path / "mine/closed").chmod(0o700)


def test_a_walk_ends_however_deep_the_folders_are(tmp_path: Path) -> None:
    write(tmp_path.joinpath("mine", *["down"] * 30, "Deep.gguf"))
    write(tmp_path / "mine/down/Near.gguf")
    assert set(found(tmp_path, tmp_path / "mine", tmp_path / "not there")) == {"Near"}
