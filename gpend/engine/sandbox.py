"""The lock on the worker: from the moment that it has loaded its networks, the process can do nothing but compute.

It decodes what strangers sent, with libraries in which faults are found every year. Four walls, each for itself, and
each only as far as the machine has it:

limits      of the process: no file grows, none is opened, no core is dumped, threads and memory are bounded
privileges  no program that it might start has more rights than it (prctl(2), PR_SET_NO_NEW_PRIVS)
Landlock    the kernel refuses its threads every file, TCP, and signals to other processes (landlock(7))
seccomp     the kernel refuses it every system call that computing does not need (seccomp(2), through libseccomp)

Landlock holds for the thread that locks and for those that it starts, the other three for all threads of the process.
CUDA goes on opening its devices and libraries: with a GPU those alone stay open, and seccomp refuses only what is known
to be of no use to it.
"""

import ctypes
import errno
import os
import resource
import subprocess
import sys
import threading
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import TypeAlias

_LIBRARY = "libseccomp.so.2"
_PROBE_SECONDS = 30.0


class Wall(StrEnum):
    """A part of the lock, as `gpend check` calls it."""

    LIMITS = "limits"
    PRIVILEGES = "no new privileges"
    LANDLOCK = "Landlock"
    SECCOMP = "seccomp"


def lock(memory: int | None, folders: Collection[Path] = ()) -> frozenset[Wall]:
    """Lock this process, for good. The walls that stand.

    `memory` is the address space in bytes that it may take beyond what it has; None where it computes on a GPU. Then
    files under `folders` can be read, and the GPU's devices used. Whatever is needed must have been imported before.
    """
    library = _libseccomp()
    standing = {Wall.LIMITS: _set_limits(memory)}  # before Landlock: it reads how much is in use
    standing[Wall.PRIVILEGES] = _libc().prctl(_SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0) == 0
    standing[Wall.LANDLOCK] = _restrict_files(folders if memory is None else ())
    if memory is not None:
        _limit(resource.RLIMIT_NOFILE, 0)  # not one more than are open
    standing[Wall.SECCOMP] = library is not None and _filter_calls(library, is_on_gpu=memory is None)
    return frozenset(wall for wall, stands in standing.items() if stands)


def probe() -> frozenset[Wall]:
    """The walls that would stand around a worker on this machine, tried in a process of its own."""
    command = [sys.executable, "-P", "-m", "gpend.engine.sandbox"]
    try:
        told = subprocess.run(command, capture_output=True, text=True, timeout=_PROBE_SECONDS, check=False).stdout  # noqa: S603 - gpend's own
    except (OSError, subprocess.TimeoutExpired):
        return frozenset()
    return frozenset(wall for wall in Wall if wall.value in told.splitlines())


def has_libseccomp() -> bool:
    """Is the library installed?"""
    return _libseccomp() is not None


def library_folders() -> frozenset[Path]:
    """Where the libraries are that this process has loaded; CUDA keeps further parts of itself beside them."""
    lines = Path("/proc/self/maps").read_text(encoding="utf-8", errors="replace").splitlines()
    mapped = (Path(line.split(maxsplit=5)[5]) for line in lines if "/" in line)
    return frozenset(path.parent for path in mapped if ".so" in path.suffixes)


_SET_NO_NEW_PRIVILEGES = 38  # of prctl(2)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


# Limits, see setrlimit(2).

_FEWEST_THREADS = 1024
_MOST_THREADS = 1 << 22  # the kernel's own limit


def _set_limits(memory: int | None) -> bool:
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_NPROC, _threads())
    if memory is not None:
        _limit(resource.RLIMIT_AS, _address_space() + memory)
    return resource.getrlimit(resource.RLIMIT_FSIZE) == (0, 0)


def _limit(what: int, most: int) -> None:
    """At most so much from now on, or what it is allowed already where that is less."""
    _, hard = resource.getrlimit(what)
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    with suppress(OSError, ValueError):
        resource.setrlimit(what, (most, most))


def _threads() -> int:
    """Twice as many as the user has, on this machine and in every container: nobody can count them, so it is tried."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NPROC)
    most = _FEWEST_THREADS
    while most < _MOST_THREADS and not _can_start_thread(most // 2, hard):
        most *= 2
    resource.setrlimit(resource.RLIMIT_NPROC, (soft, hard))
    return most


def _can_start_thread(most: int, hard: int) -> bool:
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NPROC, (most, hard))
    try:
        thread = threading.Thread(target=int)
        thread.start()
    except RuntimeError:
        return False
    thread.join()
    return True


def _address_space() -> int:
    pages = int(Path("/proc/self/statm").read_bytes().split()[0])
    return pages * resource.getpagesize()


# Landlock, see landlock(7): every access that the kernel's version knows is refused but where a rule allows it.

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on every architecture
_VERSION = 1  # flag: ask for the version
_PATH_BENEATH = 1
_READ_FILE, _WRITE_FILE, _READ_DIR, _IOCTL = 1 << 2, 1 << 1, 1 << 3, 1 << 15
_ACCESSES = {1: 13, 2: 14, 3: 15, 5: 16}  # by the first version: how many accesses to files there are
_NETWORK_SINCE, _TCP = 4, 0b11  # binding and connecting
_SCOPES_SINCE, _SCOPES = 6, 0b11  # abstract sockets and signals


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scopes", ctypes.c_uint64))


class _Beneath(ctypes.Structure):
    _fields_ = (("allowed", ctypes.c_uint64), ("place", ctypes.c_int32))


def _restrict_files(folders: Iterable[Path]) -> bool:
    libc = _libc()
    version = libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _VERSION)
    if version < 1:
        return False
    known = (1 << max(count for since, count in _ACCESSES.items() if since <= version)) - 1
    wanted = _Ruleset(known, _TCP * (version >= _NETWORK_SINCE), _SCOPES * (version >= _SCOPES_SINCE))
    size = 8 * (1 + (version >= _NETWORK_SINCE) + (version >= _SCOPES_SINCE))
    ruleset = libc.syscall(_CREATE_RULESET, ctypes.byref(wanted), ctypes.c_size_t(size), 0)
    if ruleset < 0:
        return False
    try:
        for folder in folders:
            _allow(libc, ruleset, folder, (_READ_FILE | _READ_DIR) & known)
        for device in Path("/dev").glob("nvidia*") if folders else ():
            _allow(libc, ruleset, device, (_READ_FILE | _WRITE_FILE | _IOCTL) & known)
        return bool(libc.syscall(_RESTRICT_SELF, ruleset, 0) == 0)
    finally:
        os.close(ruleset)


def _allow(libc: ctypes.CDLL, ruleset: int, place: Path, accesses: int) -> None:
    with suppress(OSError):
        opened = os.open(place, os.O_PATH | os.O_CLOEXEC)
        libc.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, ctypes.byref(_Beneath(accesses, opened)), 0)
        os.close(opened)


# seccomp, see seccomp_rule_add(3). On the CPU what is not listed is refused; beside a GPU what is listed is refused.

_ALLOW, _REFUSE, _UNKNOWN = 0x7FFF0000, 0x00050000 | errno.EPERM, 0x00050000 | errno.ENOSYS  # SCMP_ACT_*
_EVERY_THREAD = 4  # SCMP_FLTATR_CTL_TSYNC
_EQUAL, _MASKED = 4, 7  # SCMP_CMP_EQ, SCMP_CMP_MASKED_EQ
_CLONE_THREAD = 0x00010000
_SET_NAME = 15  # of prctl(2), for threads

_COMPUTING = """
    brk mmap munmap mremap mprotect madvise mincore membarrier
    futex futex_wait futex_wake futex_waitv sched_yield sched_getaffinity sched_getparam sched_getscheduler
    sched_get_priority_max sched_get_priority_min getcpu getpriority set_robust_list get_robust_list rseq
    exit exit_group restart_syscall rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending sigaltstack
    clock_gettime clock_getres clock_nanosleep nanosleep gettimeofday time times
    read readv write writev close fstat lseek poll ppoll select pselect6
    getpid gettid getppid getuid geteuid getgid getegid getrandom getrusage getrlimit sysinfo uname get_mempolicy
""".split()  # noqa: SIM905 - tables of words
_HARMFUL = """
    execve execveat fork vfork
    socket socketpair connect bind listen accept accept4 sendto sendmsg sendmmsg
    ptrace process_vm_readv process_vm_writev process_madvise process_mrelease kcmp
    kill tkill rt_sigqueueinfo rt_tgsigqueueinfo pidfd_open pidfd_getfd pidfd_send_signal
    creat truncate rename renameat renameat2 link linkat symlink symlinkat unlink unlinkat mkdir mkdirat rmdir mknod
    mknodat chmod fchmodat fchmodat2 chown lchown fchownat utime utimes utimensat futimesat setxattr lsetxattr
    removexattr lremovexattr mount umount2 move_mount open_tree fsopen pivot_root chroot swapon swapoff
    io_uring_setup io_uring_enter io_uring_register bpf perf_event_open userfaultfd keyctl add_key request_key
    init_module finit_module delete_module kexec_load kexec_file_load reboot setns unshare open_by_handle_at
    setpriority sched_setscheduler sched_setattr ioprio_set personality quotactl acct settimeofday clock_settime
""".split()  # noqa: SIM905 - the same


class _Comparison(ctypes.Structure):
    """struct scmp_arg_cmp: an argument of a call, by its place, and what it must be."""

    _fields_ = (
        ("place", ctypes.c_uint),
        ("operation", ctypes.c_int),
        ("first", ctypes.c_uint64),
        ("second", ctypes.c_uint64),
    )


def _libseccomp() -> ctypes.CDLL | None:
    try:
        library = ctypes.CDLL(_LIBRARY)
    except OSError:
        return None
    library.seccomp_init.restype = ctypes.c_void_p
    library.seccomp_init.argtypes = (ctypes.c_uint32,)
    library.seccomp_syscall_resolve_name.argtypes = (ctypes.c_char_p,)
    library.seccomp_rule_add_array.argtypes = (
        ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_uint, ctypes.c_void_p,
    )  # fmt: skip
    library.seccomp_attr_set.argtypes = (ctypes.c_void_p, ctypes.c_int, ctypes.c_uint32)
    library.seccomp_load.argtypes = library.seccomp_release.argtypes = (ctypes.c_void_p,)
    return library


def _filter_calls(library: ctypes.CDLL, *, is_on_gpu: bool) -> bool:
    calls = library.seccomp_init(_ALLOW if is_on_gpu else _REFUSE)
    if not calls:
        return False
    try:
        library.seccomp_attr_set(calls, _EVERY_THREAD, 1)
        for name, action, comparisons in _rules_beside_gpu() if is_on_gpu else _rules():
            number = library.seccomp_syscall_resolve_name(name.encode())
            if number >= 0:  # else this architecture or this library does not know it
                array = (_Comparison * len(comparisons))(*comparisons)
                library.seccomp_rule_add_array(calls, action, number, len(comparisons), array)
        return bool(library.seccomp_load(calls) == 0)
    finally:
        library.seccomp_release(calls)


_Rule: TypeAlias = tuple[str, int, Sequence[_Comparison]]


def _rules() -> Iterator[_Rule]:
    for name in _COMPUTING:
        yield name, _ALLOW, ()
    yield "clone", _ALLOW, [_Comparison(0, _MASKED, _CLONE_THREAD, _CLONE_THREAD)]
    yield "clone3", _UNKNOWN, ()  # its flags are out of sight; the C library then takes clone
    yield "tgkill", _ALLOW, [_Comparison(0, _EQUAL, os.getpid(), 0)]  # abort() does this to itself
    yield "prctl", _ALLOW, [_Comparison(0, _EQUAL, _SET_NAME, 0)]
    yield "prlimit64", _ALLOW, [_Comparison(0, _EQUAL, 0, 0), _Comparison(2, _EQUAL, 0, 0)]  # reading its own


def _rules_beside_gpu() -> Iterator[_Rule]:
    for name in _HARMFUL:
        yield name, _REFUSE, ()
    yield "clone", _REFUSE, [_Comparison(0, _MASKED, _CLONE_THREAD, 0)]
    yield "clone3", _UNKNOWN, ()


if __name__ == "__main__":
    print("\n".join(lock(1 << 30)))  # noqa: T201 - read by probe()
