"""First guesses, used only until something was measured: weights and speed of a model from its size."""

from llmrouter_tui.core.domain import HOST_POOL, ModelInfo, Speed
from llmrouter_tui.core.naming import parse_name

BITS_PER_WEIGHT = {
    "F32": 32.0,
    "F16": 16.0,
    "BF16": 16.0,
    "Q8": 8.5,
    "Q6": 6.6,
    "Q5": 5.7,
    "Q4": 4.85,
    "Q3": 3.9,
    "Q2": 3.0,
    "IQ4": 4.4,
    "IQ3": 3.5,
    "IQ2": 2.6,
    "MXFP4": 4.25,
    "FP8": 8.0,
    "INT4": 4.5,
    "AWQ": 4.5,
    "GPTQ": 4.5,
}
"""Bits a weight takes on average, scales included: the block layouts of llama.cpp's quantizations (a Q4_K block
holds 256 weights in 144 bytes and such files keep a few tensors wider)."""

DEFAULT_BITS = 4.85
GPU_BANDWIDTH = 450e9
"""Bytes per second a middling consumer GPU reads: each decoded token reads every active weight once."""
HOST_BANDWIDTH = 25e9
"""The same for two channels of desktop RAM."""
LOAD_BANDWIDTH = 1.2e9
"""Bytes per second from a good SSD into place."""
EFFICIENCY = 0.6
"""Share of the bandwidth that decoding reaches in practice."""


def weight_bytes(info: ModelInfo) -> int | None:
    """Bytes of the weights: the file's size where known, else parameters (told, or read from the name) times bits;
    None if neither is known."""
    if info.size_bytes:
        return info.size_bytes
    parameters = info.parameters or parse_name(info.name).size
    if parameters:
        return int(parameters * bits_per_weight(info.quantization) / 8)
    return None


def bits_per_weight(quantization: str) -> float:
    """Average bits of a weight by the quantization's name; unknown names count as the common 4-bit kind."""
    name = quantization.upper().replace("-", "_")
    for prefix in sorted(BITS_PER_WEIGHT, key=len, reverse=True):
        if name.startswith(prefix):
            return BITS_PER_WEIGHT[prefix]
    return DEFAULT_BITS


def speed(info: ModelInfo, pool: str) -> Speed:
    """Speed guessed from what decoding must read per token. ``samples`` stays 0: it is marked as a guess."""
    weights = weight_bytes(info) or 4 * 1024**3
    active = weights
    if info.active_parameters and info.parameters:
        active = int(weights * min(1.0, info.active_parameters / info.parameters))
    if not info.local:
        return Speed(prefill=3000.0, decode=60.0, load_seconds=0.0)
    bandwidth = HOST_BANDWIDTH if pool == HOST_POOL else GPU_BANDWIDTH
    decode = min(400.0, max(0.3, bandwidth * EFFICIENCY / max(active, 1)))
    prefill = decode * (8.0 if pool == HOST_POOL else 25.0)
    return Speed(prefill=prefill, decode=decode, load_seconds=0.8 + weights / LOAD_BANDWIDTH)
