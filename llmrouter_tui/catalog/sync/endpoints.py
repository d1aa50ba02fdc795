"""Where the sources are. Nothing else in this program knows these addresses."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Addresses by source, without a slash at the end; tests put servers of their own here."""

    hugging_face: str = "https://datasets-server.huggingface.co"
    openrouter: str = "https://openrouter.ai/api/v1/datasets/exports"
    livebench: str = "https://livebench.ai"
    models_dev: str = "https://models.dev"
    artificial_analysis: str = "https://artificialanalysis.ai/api/v2"


LIVE = Endpoints()
