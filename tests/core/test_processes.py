"""Whose GPU memory it is."""

import pytest

from llmrouter_tui.core.domain import Device, Process
from llmrouter_tui.core.processes import Claim, Share, claim, local_port, shares, strangers

GIB = 1 << 30

OLLAMA = (Process(10, 1, "ollama", (11434,)), Process(11, 10, "ollama", (40001,)), Process(12, 10, "llama-server"))
VLLM = (Process(20, 1, "vllm", (8000,)), Process(21, 20, "VLLM::EngineCor"), Process(22, 21, "VLLM::Worker_TP"))
DESKTOP = (Process(5, 1, "Xorg"), Process(6, 5, "firefox"))
OURS = (Process(30, 1, "llmrouter-tui", (11436,)), Process(31, 30, "python3"), Process(32, 30, "python3"))


def pool(*processes: tuple[int, int], lineage: tuple[Process, ...] = ()) -> Device:
    used = sum(size for _, size in processes)
    return Device("gpu0", "GPU", "nvidia", 24 * GIB, used, 24 * GIB - used, processes=processes, lineage=lineage)


def test_memory_of_a_server_s_children_is_the_server_s() -> None:
    device = pool((11, 5 * GIB), (12, 2 * GIB), (22, 9 * GIB), (6, GIB), lineage=OLLAMA + VLLM + DESKTOP)
    assert shares(device, [Claim("ollama", port=11434), Claim("vllm", port=8000)]) == {
        "vllm": Share(9 * GIB, (22,)),
        "ollama": Share(7 * GIB, (11, 12)),
        "": Share(GIB, (6,)),
    }


def test_who_else_holds_memory_is_told_by_name_and_the_largest_first() -> None:
    device = pool((5, GIB), (6, 2 * GIB), (7, 0), (8, 3 * GIB), (9, GIB), lineage=(*DESKTOP, Process(9, 6, "firefox")))
    assert strangers(device, {8}) == (("firefox", 3 * GIB), ("Xorg", GIB))
    assert strangers(device, ())[0] == ("firefox", 3 * GIB)
    assert strangers(pool((12, GIB)), ()) == (("pid 12", GIB),)


def test_a_known_process_is_its_owner_s_whatever_it_comes_from() -> None:
    device = pool((31, 3 * GIB), (32, 4 * GIB), (30, GIB), lineage=OURS)
    claims = [Claim("embedded/a", pids=(31,)), Claim("embedded/b", pids=(32,))]
    assert shares(device, claims) == {
        "embedded/b": Share(4 * GIB, (32,)),
        "embedded/a": Share(3 * GIB, (31,)),
        "": Share(GIB, (30,)),
    }
    assert shares(pool((31, GIB)), claims)["embedded/a"].pids == (31,), "even where nothing is known of it"


def test_the_nearest_ancestor_decides() -> None:
    chain = (Process(1, 0, "init", (80,)), Process(2, 1, "a", (8001,)), Process(3, 2, "b", (8002,)), Process(4, 3, "c"))
    device = pool((4, GIB), (2, GIB), lineage=chain)
    found = shares(device, [Claim("a", port=8001), Claim("b", port=8002), Claim("web", port=80)])
    assert {owner: share.pids for owner, share in found.items()} == {"b": (4,), "a": (2,)}


def test_a_server_of_another_user_is_known_by_its_name() -> None:
    hidden = (Process(10, 1, "ollama"), Process(11, 10, "runner"), *DESKTOP)
    device = pool((11, 5 * GIB), (6, GIB), lineage=hidden)
    found = shares(device, [Claim("ollama", port=11434, names=("ollama",))])
    assert found == {"ollama": Share(5 * GIB, (11,)), "": Share(GIB, (6,))}


def test_a_name_is_not_asked_of_one_that_was_found_by_its_port() -> None:
    other = (Process(15, 1, "ollama"),)
    device = pool((11, 5 * GIB), (15, 2 * GIB), lineage=OLLAMA + other)
    found = shares(device, [Claim("ollama", port=11434, names=("ollama",))])
    assert found[""].pids == (15,), "somebody else's Ollama"


def test_two_that_cannot_be_told_apart_get_nothing() -> None:
    device = pool((10, 5 * GIB), lineage=(Process(10, 1, "ollama"),))
    claims = [Claim("one", port=11434, names=("ollama",)), Claim("two", port=11435, names=("ollama",))]
    assert shares(device, claims) == {"": Share(5 * GIB, (10,))}


def test_what_nobody_knows_is_nobody_s_and_circles_end() -> None:
    circle = (Process(7, 8, "a"), Process(8, 7, "b"))
    device = pool((7, GIB), (99, 2 * GIB), lineage=circle)
    assert shares(device, [Claim("x", port=1, names=("x",))]) == {"": Share(3 * GIB, (99, 7))}
    assert shares(pool(), [Claim("x", port=1)]) == {}


def test_a_backend_claims_its_port_and_the_names_of_its_kind() -> None:
    assert claim("ollama", "ollama", "http://127.0.0.1:11434") == Claim("ollama", (), 11434, ("ollama",))
    assert claim("mine", "embedded", "", [31]) == Claim("mine", (31,))
    assert claim("far", "ollama", "http://gpu-box:11434") is None
    assert claim("idle", "embedded", "") is None


@pytest.mark.parametrize(
    ("url", "port"),
    [
        ("http://localhost:8000/v1", 8000),
        ("http://127.0.1.1:8000", 8000),
        ("http://[::1]:8000", 8000),
        ("http://LOCALHOST", 80),
        ("https://localhost/v1", 443),
        ("https://api.example.com/v1", None),
        ("http://localhost:port", None),
        ("", None),
    ],
)
def test_only_addresses_of_this_machine_have_a_port_here(url: str, port: int | None) -> None:
    assert local_port(url) == port
