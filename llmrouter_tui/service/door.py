"""The HTTP server's options, as the settings have them."""

from collections.abc import Mapping

from llmrouter_tui import __version__
from llmrouter_tui.proxy.options import ProxyOptions
from llmrouter_tui.service.admission import limit_of, resolved
from llmrouter_tui.settings import Settings

MIB = 1024 * 1024


def proxy_options(
    s: Settings, env: Mapping[str, str], *, router_id: str, demo_key: str, insecure: bool
) -> ProxyOptions:
    return ProxyOptions(
        version=__version__,
        router_id=router_id,
        max_body=int(s.max_body_mb * MIB),
        api_keys=s.api_keys,
        named_keys=tuple(resolved(s, env)),
        admin_key=s.admin_api_key,
        metrics_key=s.metrics_api_key,
        demo_key=demo_key,
        insecure=insecure,
        limit=limit_of(s),
        max_exchanges=s.max_exchanges,
        max_prompt_chars=s.max_prompt_chars,
        max_image=int(s.max_image_mb * MIB),
        allow_image_urls=s.allow_image_urls,
        allowed_hosts=s.allowed_hosts,
        signature=(lambda model: s.signature_format.format(model=model)) if s.signature_enabled else None,
        grace=s.stop_seconds,
    )
