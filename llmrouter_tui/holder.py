"""Who holds a port of this machine."""

import sys

import psutil


def port_holder(port: int) -> str | None:
    """Who listens there: ``pid 8123  python -m …``; None if nobody does, or if the system does not tell."""
    try:
        for connection in psutil.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr and connection.laddr.port == port:
                return _process(connection.pid)
    except psutil.Error:
        return "a program that only an administrator may see" if sys.platform == "darwin" else None
    return None


def _process(pid: int | None) -> str:
    if pid is None:
        return "a program of another user"
    try:
        process = psutil.Process(pid)
        command = " ".join(process.cmdline()) or process.name()
    except psutil.Error:
        return f"pid {pid}"
    return f"pid {pid}  {command[:80]}"
