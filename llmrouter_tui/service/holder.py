"""Why an address of this machine cannot be had, and who holds its port."""

import errno
import os
import socket
import sys
from typing import NamedTuple

import psutil

from llmrouter_tui.core.domain import Problem

COMMAND = 80
"""Characters of a command that are told."""
_NO_ADDRESS = "give --host an address of this machine, such as 127.0.0.1"


class Refusal(NamedTuple):
    """Why nothing can be served at an address: ``on_start`` is what to do about it on the command line."""

    problem: Problem
    on_start: str


def refusal(host: str, port: int, error: OSError) -> Refusal:
    """What ``error`` at listening means. Blocks while it looks who holds the port."""
    if isinstance(error, socket.gaierror):
        return _not_serving(f"cannot listen on {host}: the name does not resolve", _NO_ADDRESS)
    if error.errno == errno.EADDRNOTAVAIL:
        return _not_serving(f"cannot listen on {host}: this machine has no such address", _NO_ADDRESS)
    if error.errno == errno.EACCES:
        return _not_serving(f"cannot listen on {host}:{port}: the system does not allow it", "use a port from 1024 on")
    why = os.strerror(error.errno).lower() if error.errno else str(error)
    taken = error.errno == errno.EADDRINUSE
    message = f"port {port} of {host} is taken" if taken else f"could not listen on {host}:{port} ({why})"
    holder = port_holder(port) or ""
    elsewhere = f"held by {holder}; choose another with --port" if holder else "choose another with --port"
    return Refusal(Problem("port_taken", message, "use another port, or stop what holds it", detail=holder), elsewhere)


def try_address(host: str, port: int) -> Refusal | None:
    """Take the address for a moment: None if it can be had."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(address)
    except OSError as error:
        return refusal(host, port, error)
    return None


def _not_serving(message: str, hint: str) -> Refusal:
    return Refusal(Problem("not_serving", message, hint), hint)


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
    return f"pid {pid}  {command if len(command) <= COMMAND else command[: COMMAND - 1] + '…'}"
