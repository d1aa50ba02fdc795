"""The inner side of the sandbox: a process that confines a child of its own, lets it run a program, and tells how that
ended. Run as a file by a bare interpreter (``python -I -S``): it imports only the standard library.

It reads one line of JSON (the order) and then the program from stdin, and keeps reading: when stdin ends, whoever
asked is gone or has no more interest, and the program is killed. It writes one line of JSON and then what the program
told. Linux only. Sources: landlock(7), seccomp(2), prctl(2), user_namespaces(7), pid_namespaces(7); system call
numbers from the kernel's tables (``syscall_64.tbl``, ``asm-generic/unistd.h``).
"""

import ctypes
import errno
import json
import os
import platform
import resource
import select
import signal
import struct
import sys
import sysconfig
import time
from pathlib import Path
from typing import Any, Final, NoReturn

NOBODY: Final = 65534
RESULTS_FD: Final = 3
NEARLY: Final = 0.75
"""Of the CPU time that it may use: a program killed after so much of it was killed for that. The kernel, which ends it,
and its usage, which is read here, are counted in different ways and differ on a busy machine."""
_KEPT: Final = 200
"""A file descriptor above those that are used."""

_CLONE_NEWUSER, _CLONE_NEWNET, _CLONE_NEWPID, _CLONE_NEWIPC, _CLONE_NEWUTS = (
    0x10000000, 0x40000000, 0x20000000, 0x08000000, 0x04000000)  # fmt: skip
_CLONE_THREAD: Final = 0x00010000
_PR_SET_PDEATHSIG, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 22, 38
_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446
"""The same numbers on every architecture."""
_FS_EXECUTE, _FS_READ_FILE, _FS_READ_DIR = 1, 4, 8
_FS_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}
"""Rights over files that each version of Landlock knows; from the fifth on 16."""

_AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_CLONE = {"x86_64": 56, "aarch64": 220}
_SAME = (424, 425, 426, 427, 434, 435, 438, 440, 448, 452)
"""pidfd_send_signal, io_uring_*, pidfd_open, clone3, pidfd_getfd, process_madvise, process_mrelease, fchmodat2: the
same numbers everywhere."""
_CLONE3: Final = 435
_DENIED = {
    "x86_64": (
        41, 42, 49, 53,  # socket, connect, bind, socketpair
        57, 58, 62, 200, 234, 129, 297,  # fork, vfork, kill, tkill, tgkill, rt_sigqueueinfo, rt_tgsigqueueinfo
        101, 310, 311, 312, 157, 302, 160, 141, 203, 142, 144, 251,  # ptrace, process_vm_*, kcmp, prctl, limits
        272, 308, 165, 166, 155, 161, 321, 298, 323, 135, 304,  # namespaces, mounts, bpf, perf, userfaultfd, handles
        248, 249, 250, 29, 64, 68, 240, 319, 133, 259,  # keys, System V IPC, message queues, memfd_create, mknod
        90, 91, 268, 92, 93, 94, 260, 132, 235, 261, 280, 76,  # chmod, chown, times, truncate
        188, 189, 190, 197, 198, 199,  # extended attributes
        103, 163, 164, 227, 159, 305, 167, 168, 169, 170, 171, 172, 173, 175, 176, 246, 313, 320, 179,  # the machine
    ),
    "aarch64": (
        198, 199, 200, 203,
        129, 130, 131, 138, 240,
        117, 270, 271, 272, 167, 261, 164, 140, 122, 118, 119, 30,
        97, 268, 40, 39, 41, 51, 280, 241, 282, 92, 265,
        217, 218, 219, 194, 190, 186, 180, 279, 33,
        52, 53, 54, 55, 88, 45,
        5, 6, 7, 14, 15, 16,
        116, 89, 170, 112, 171, 266, 224, 225, 142, 161, 162, 105, 106, 104, 273, 294, 60,
    ),
}  # fmt: skip
"""System calls that reach out of the process: network, other processes, memory that no limit counts, files' owners
and times, the machine."""

_libc = ctypes.CDLL(None, use_errno=True)


def main() -> None:
    """Do what one order says."""
    order = json.loads(sys.stdin.buffer.readline())
    program = sys.stdin.buffer.read(order["length"])
    own = _unshare()
    reading, writing = os.pipe()
    trouble, troubled = os.pipe()
    started = time.monotonic()
    pid = os.fork()
    if not pid:
        _enter(order, program, (writing, troubled), own)
    os.close(writing)
    os.close(troubled)
    ended, told = _watch(pid, reading, started + order["seconds"], order["output"])
    _, status, used = os.wait4(pid, 0)
    detail = os.read(trouble, 1000).decode("utf-8", "replace")
    if ended == "exit" and os.WIFSIGNALED(status):
        ended = "time" if used.ru_utime + used.ru_stime >= NEARLY * order["cpu"] else "signal"
    report = {
        "ended": "failed" if detail else ended,
        "detail": detail,
        "seconds": round(time.monotonic() - started, 3),
        "code": os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status),
        "namespaces": own,
    }
    sys.stdout.buffer.write(json.dumps(report).encode() + b"\n" + told)
    sys.stdout.buffer.flush()


def _unshare() -> bool:
    """Namespaces of our own for users, the network, processes, IPC and names, where the system grants them: there is
    no network in them, no other process, and no right over anything outside."""
    flags = _CLONE_NEWUSER | _CLONE_NEWNET | _CLONE_NEWPID | _CLONE_NEWIPC | _CLONE_NEWUTS
    return bool(_libc.unshare(flags) == 0)


def _watch(pid: int, reading: int, deadline: float, most: int) -> tuple[str, bytes]:
    """(how it ended, what it told); it is killed then, and so is all that it started."""
    told, ended, dead = bytearray(), "exit", os.pidfd_open(pid)
    poll = select.poll()
    for fd in (reading, dead, 0):
        poll.register(fd, select.POLLIN)
    while True:
        left = deadline - time.monotonic()
        ready = {fd for fd, _ in poll.poll(max(0, int(left * 1000)))} if left > 0 else set()
        if not ready:
            ended = "time"
            break
        if reading in ready:
            data = os.read(reading, 65536)
            told += data
            if not data:
                poll.unregister(reading)
            if len(told) > most:
                ended = "output"
                break
        elif dead in ready:
            break
        if 0 in ready and not os.read(0, 4096):
            ended = "time"
            break
    os.kill(pid, signal.SIGKILL)
    return ended, bytes(told[:most])


def _enter(order: dict[str, Any], program: bytes, ends: tuple[int, int], own: bool) -> NoReturn:
    """In the child: become the program; what keeps it from that is told on the second end, which no program sees."""
    troubled = os.dup2(ends[1], _KEPT, inheritable=False)
    try:
        _become(order, program, ends[0], own)
    except BaseException as error:
        os.write(troubled, str(error).encode("utf-8", "replace")[:500])
    finally:
        os._exit(125)


def _become(order: dict[str, Any], program: bytes, writing: int, own: bool) -> None:
    """Give up all that the program is not to have, and become the interpreter that runs it."""
    _checked(_libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "prctl")
    os.setsid()
    source = os.memfd_create("program")
    os.write(source, program)
    os.lseek(source, 0, os.SEEK_SET)
    nothing = os.open("/dev/null", os.O_RDWR)
    interpreter = os.path.realpath(sys.executable)
    if not own and os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    _checked(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    _only_read(_readable(interpreter))
    high = [os.dup2(fd, _KEPT + 1 + at) for at, fd in enumerate((source, nothing, nothing, writing))]
    for at, fd in enumerate(high):
        os.dup2(fd, at)
    os.closerange(RESULTS_FD + 1, _KEPT)
    os.closerange(_KEPT + 1, 4096)
    _limit(order)
    _filter_calls()
    os.execve(interpreter, [interpreter, "-I", "-S", "-B", "-X", "utf8", "-"], {})


def _limit(order: dict[str, Any]) -> None:
    limits = {
        resource.RLIMIT_CPU: int(order["cpu"]),
        resource.RLIMIT_AS: order["memory"],
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: 64,
        resource.RLIMIT_NPROC: 64,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_MSGQUEUE: 0,
    }
    for what, most in limits.items():
        hard = resource.getrlimit(what)[1]
        bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (bound, bound))


def _readable(interpreter: str) -> list[Path]:
    """What an interpreter needs to start: itself, the libraries that it has mapped, the standard library."""
    named = [interpreter, "/etc/ld.so.cache", "/dev/null", "/dev/urandom"]
    named += [sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")]
    mapped = {line.split(None, 5)[5] for line in Path("/proc/self/maps").read_text().splitlines() if "/" in line}
    libraries = {Path(path).parent for path in mapped if ".so" in Path(path).name}
    return [path for path in {*map(Path, named), *libraries} if path.exists()]


def _only_read(paths: list[Path]) -> None:
    """Landlock: no file but these is read, none is written or made. Raises ``OSError`` where the kernel has none."""
    version = _checked(_libc.syscall(_LANDLOCK_CREATE, None, ctypes.c_size_t(0), 1), "Landlock")
    rights = ctypes.c_uint64((1 << _FS_RIGHTS.get(version, 16)) - 1)
    rules = _checked(_libc.syscall(_LANDLOCK_CREATE, ctypes.byref(rights), ctypes.c_size_t(8), 0), "Landlock")
    for path in paths:
        fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
        allowed = _FS_EXECUTE | _FS_READ_FILE | (_FS_READ_DIR if path.is_dir() else 0)
        rule = struct.pack("=Qi", allowed, fd)
        _checked(_libc.syscall(_LANDLOCK_ADD, rules, 1, rule, 0), "Landlock")
        os.close(fd)
    _checked(_libc.syscall(_LANDLOCK_RESTRICT, rules, 0), "Landlock")
    os.close(rules)


def _filter_calls() -> None:
    """seccomp: the system calls of ``_DENIED`` fail with EPERM, and no process is made (threads are). Raises
    ``OSError`` where the kernel filters none, or on a machine whose numbers are not known."""
    machine = platform.machine()
    if machine not in _DENIED:
        raise OSError(errno.ENOSYS, f"system calls of {machine} are not known here")
    denied, clone = sorted({*_DENIED[machine], *_SAME} - {_CLONE3}), _CLONE[machine]
    load, equal, least, bits, give = 0x20, 0x15, 0x35, 0x45, 0x06
    allow, refuse, unknown, kill = 0x7FFF0000, 0x00050000 | errno.EPERM, 0x00050000 | errno.ENOSYS, 0x80000000
    steps = [(load, 0, 0, 4), (equal, 1, 0, _AUDIT_ARCH[machine]), (give, 0, 0, kill), (load, 0, 0, 0)]
    steps += [(least, 0, 1, 0x40000000), (give, 0, 0, kill)]  # the x32 numbers of x86_64
    for number in denied:
        steps += [(equal, 0, 1, number), (give, 0, 0, refuse)]
    # clone3 keeps its flags in memory, where no filter reads them: without it, libc takes clone.
    steps += [(equal, 0, 1, _CLONE3), (give, 0, 0, unknown)]
    steps += [(equal, 0, 3, clone), (load, 0, 0, 16), (bits, 1, 0, _CLONE_THREAD), (give, 0, 0, refuse)]
    steps += [(give, 0, 0, allow)]
    code = b"".join(struct.pack("=HBBI", *step) for step in steps)
    kept = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("@HP", len(steps), ctypes.addressof(kept))
    _checked(_libc.prctl(_PR_SET_SECCOMP, 2, program, 0, 0), "seccomp")


def _checked(result: int, what: str) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")
    return int(result)


if __name__ == "__main__":
    main()
