"""A real router (proxy on a loopback socket, scripted engine) to watch from outside."""

from tests.proxy.conftest import router, routers

__all__ = ["router", "routers"]
