"""Addresses, keys, and how Dask is to behave here: nothing on the network but what is needed, and cuts soon noticed."""

import ssl
from pathlib import Path

import dask
from distributed.security import Security

from gpend.errors import ConfigurationError

PLAIN = "tcp://"
FILES = ("ca.pem", "cert.pem", "key.pem")
"""What lies in a role's folder of certificates."""

SILENCE = 15
"""Seconds without a sign of life until a machine is taken for lost."""

_SETTINGS = {
    "distributed.comm.timeouts.connect": "10s",
    "distributed.comm.timeouts.tcp": f"{SILENCE}s",
    "distributed.scheduler.worker-ttl": f"{SILENCE}s",  # a worker computes in another process: it always has the time
    "distributed.scheduler.http.routes": [],
    "distributed.scheduler.active-memory-manager.start": False,
    "distributed.scheduler.work-stealing": False,
    "distributed.worker.http.routes": [],
    "distributed.worker.profile.enabled": False,
    "distributed.worker.blocked-handlers": [
        "actor_attribute", "actor_execute", "benchmark_disk", "benchmark_memory", "benchmark_network", "gather",
        "get_data", "plugin-add", "plugin-remove", "run", "run_coroutine", "update_data", "upload_file",
    ],
    "distributed.admin.system-monitor.disk": False,
    "distributed.admin.system-monitor.interval": "10s",
    "distributed.admin.tick.limit": "1h",
    "distributed.diagnostics.nvml": False,
}  # fmt: skip
NOWHERE = "127.0.0.1:0"
"""Where Dask's web server listens, which cannot be switched off: at no address that others reach, with no pages."""


def behave() -> None:
    """Have Dask behave in this process as gpend needs it."""
    dask.config.set(_SETTINGS)


def is_plain(address: str) -> bool:
    """Is this a connection that is not encrypted?"""
    return address.startswith(PLAIN)


def security(address: str, certificates: Path) -> Security:
    """What a machine shows and asks for at `address`. Raises ConfigurationError where its keys cannot be used."""
    if is_plain(address):
        return Security(require_encryption=False)
    paths = [certificates / name for name in FILES]
    problem = problem_of(certificates)
    if problem:
        raise ConfigurationError(problem)
    authority, certificate, key = map(str, paths)
    own = {
        f"tls_{role}_{kind}": path
        for role in ("client", "scheduler", "worker")
        for kind, path in (("cert", certificate), ("key", key))
    }
    found = Security(require_encryption=True, tls_ca_file=authority, tls_min_version=ssl.TLSVersion.TLSv1_2, **own)
    try:
        found.get_connection_args("client")
    except OSError as error:  # ssl.SSLError is one
        raise ConfigurationError(
            f"The keys in {certificates} cannot be used: {error}. Make new ones: gpend cluster certificates."
        ) from error
    return found


def problem_of(certificates: Path) -> str:
    """Why a folder cannot hold a role's keys, in words; "" if nothing speaks against it."""
    for name in FILES:
        path = certificates / name
        try:
            path.read_bytes()
        except FileNotFoundError:
            return (
                f"There is no {path}. Make keys with `gpend cluster certificates --out DIR` on one machine, and copy "
                "one folder of DIR to each."
            )
        except OSError as error:
            return f"The key file {path} cannot be read: {error.strerror}."
    return ""
