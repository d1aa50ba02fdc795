"""The OpenAI-compatible HTTP server and the admin API: the only room that knows aiohttp.web (with demo)."""
