"""Who plays in the demo: models with the true dimensions of their namesakes, and how fast and how gifted they are.

Bytes of the weights, layers and heads are those of the published models at their usual quantization; speeds are
what such models reach on the simulated cards. Nothing here is a measurement of the real ones.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

GIB = 1 << 30

RUNTIME_BYTES = 420 << 20
"""Compute buffers and driver context of one loaded model."""


@dataclass(frozen=True, slots=True)
class SimModel:
    """One simulated model. Speeds are tokens per second on an otherwise idle card."""

    name: str
    family: str
    parameters: int
    size: int
    """Bytes of the weights."""
    context: int
    """The context it was trained for, tokens."""
    blocks: int
    kv_heads: int
    key_length: int
    embedding: int
    prefill: float
    decode: float
    capabilities: tuple[str, ...] = ("completion", "tools")
    quantization: str = "Q4_K_M"
    verbosity: float = 0.5
    """How much it likes to write: 0 the bare answer, 1 everything it knows."""
    talent: Mapping[str, float] = field(default_factory=dict)
    """Chance that a person likes its answer, by task; what is not listed takes ``chat``."""
    judgement: float = 0.8
    """How well it judges: 1 sees what an answer is worth, 0 likes whatever it reads."""

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.name.encode()).hexdigest()

    @property
    def parameter_size(self) -> str:
        """As Ollama writes it: ``8.0B``, ``137M``."""
        millions = self.parameters / 1e6
        return f"{millions / 1000:.1f}B" if millions >= 1000 else f"{millions:.0f}M"

    @property
    def kv_bytes_per_token(self) -> int:
        """Keys and values of all layers at 16 bits."""
        return 2 * self.blocks * self.kv_heads * self.key_length * 2

    @property
    def embeds(self) -> bool:
        return "embedding" in self.capabilities

    @property
    def thinks(self) -> bool:
        return "thinking" in self.capabilities

    def footprint(self, context: int, parallel: int = 1) -> int:
        """Bytes it takes when loaded with room for ``parallel`` conversations of ``context`` tokens."""
        if self.embeds:
            return self.size + RUNTIME_BYTES // 8
        return self.size + self.kv_bytes_per_token * context * parallel + RUNTIME_BYTES

    def likes(self, task: str) -> float:
        """Chance that a person likes its answer to such a task."""
        return self.talent.get(task, self.talent.get("chat", 0.6))


QWEN3_32B = SimModel(
    "qwen3:32b",
    "qwen3",
    32_762_123_264,
    20_201_253_588,
    context=40_960,
    blocks=64,
    kv_heads=8,
    key_length=128,
    embedding=5120,
    prefill=820,
    decode=38,
    capabilities=("completion", "tools", "thinking"),
    verbosity=1.0,
    judgement=0.97,
    talent={"chat": 0.75, "coding": 0.92, "math": 0.9, "reasoning": 0.92, "translation": 0.85, "creative": 0.8},
)
LLAMA31_8B = SimModel(
    "llama3.1:8b",
    "llama",
    8_030_261_312,
    4_920_753_328,
    context=131_072,
    blocks=32,
    kv_heads=8,
    key_length=128,
    embedding=4096,
    prefill=3600,
    decode=96,
    verbosity=0.75,
    talent={"chat": 0.82, "coding": 0.58, "math": 0.45, "reasoning": 0.52, "factual": 0.7, "extraction": 0.7},
)
PHI4_14B = SimModel(
    "phi4:14b",
    "phi3",
    14_659_507_200,
    9_053_116_391,
    context=16_384,
    blocks=40,
    kv_heads=10,
    key_length=128,
    embedding=5120,
    prefill=1900,
    decode=61,
    capabilities=("completion",),
    verbosity=0.85,
    judgement=0.88,
    talent={"chat": 0.68, "coding": 0.7, "math": 0.92, "reasoning": 0.8, "extraction": 0.82, "creative": 0.5},
)
DEEPSEEK_R1_14B = SimModel(
    "deepseek-r1:14b",
    "qwen2",
    14_770_033_664,
    8_988_112_209,
    context=131_072,
    blocks=48,
    kv_heads=8,
    key_length=128,
    embedding=5120,
    prefill=1850,
    decode=54,
    capabilities=("completion", "thinking"),
    verbosity=0.9,
    judgement=0.92,
    talent={"chat": 0.5, "coding": 0.78, "math": 0.9, "reasoning": 0.88, "translation": 0.5},
)
QWEN25_CODER_7B = SimModel(
    "qwen2.5-coder:7b",
    "qwen2",
    7_615_616_512,
    4_683_087_332,
    context=32_768,
    blocks=28,
    kv_heads=4,
    key_length=128,
    embedding=3584,
    prefill=3900,
    decode=104,
    capabilities=("completion", "tools", "insert"),
    verbosity=0.7,
    judgement=0.7,
    talent={"chat": 0.5, "coding": 0.8, "math": 0.55, "creative": 0.35},
)
LLAMA33_70B = SimModel(
    "llama3.3:70b",
    "llama",
    70_553_706_560,
    42_520_413_916,
    context=131_072,
    blocks=80,
    kv_heads=8,
    key_length=128,
    embedding=8192,
    prefill=240,
    decode=16,
    verbosity=1.0,
    judgement=0.97,
    talent={"chat": 0.9},
)
QWEN25VL_7B = SimModel(
    "qwen2.5vl:7b",
    "qwen25vl",
    8_292_166_656,
    5_969_245_856,
    context=128_000,
    blocks=28,
    kv_heads=4,
    key_length=128,
    embedding=3584,
    prefill=1200,
    decode=41,
    capabilities=("completion", "vision"),
    verbosity=0.7,
    talent={"chat": 0.66, "coding": 0.5, "extraction": 0.8},
)
GEMMA3_4B = SimModel(
    "gemma3:4b",
    "gemma3",
    4_299_915_632,
    3_338_801_804,
    context=131_072,
    blocks=34,
    kv_heads=4,
    key_length=256,
    embedding=2560,
    prefill=2400,
    decode=88,
    capabilities=("completion", "vision"),
    verbosity=0.5,
    judgement=0.15,
    talent={"chat": 0.7, "coding": 0.35, "math": 0.35, "reasoning": 0.4, "translation": 0.72, "creative": 0.7},
)
NOMIC_EMBED = SimModel(
    "nomic-embed-text:latest",
    "nomic-bert",
    136_727_040,
    274_302_450,
    context=2048,
    blocks=12,
    kv_heads=12,
    key_length=64,
    embedding=768,
    prefill=18_000,
    decode=0,
    capabilities=("embedding",),
    quantization="F16",
)
MISTRAL_7B = SimModel(
    "mistral:7b",
    "mistral",
    7_248_023_552,
    4_140_000_000,
    context=16_384,
    blocks=32,
    kv_heads=8,
    key_length=128,
    embedding=4096,
    prefill=1800,
    decode=71,
    quantization="AWQ",
    verbosity=0.7,
    judgement=0.65,
    talent={"chat": 0.72, "coding": 0.48, "math": 0.4, "reasoning": 0.45, "creative": 0.7, "translation": 0.7},
)

ON_GPU0 = (QWEN3_32B, LLAMA31_8B, PHI4_14B, DEEPSEEK_R1_14B, QWEN25_CODER_7B, LLAMA33_70B)
"""24 GiB: the 32B alone, or two 14B, or a 14B with both small ones; the 70B never."""
ON_GPU1 = (QWEN25VL_7B, GEMMA3_4B, NOMIC_EMBED)
"""What vLLM leaves of 12 GiB: one of the two vision models, and the embeddings."""

EVERYONE: Mapping[str, SimModel] = {model.name: model for model in (*ON_GPU0, *ON_GPU1, MISTRAL_7B)}
