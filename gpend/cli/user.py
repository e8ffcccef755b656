"""What another user may and may not: for who sets up a service that runs as somebody else."""

import os
import pwd
from pathlib import Path

from gpend.errors import FatalError


def become(name: str) -> None:
    """Go on as this user, for good. Raises FatalError where there is no such user, or this one may not."""
    try:
        user = pwd.getpwnam(name)
    except KeyError as error:
        raise FatalError(
            f"There is no user {name} on this machine. Make one: sudo useradd --system --home-dir /var/lib/gpend {name}"
        ) from error
    if user.pw_uid == os.geteuid():
        return
    try:
        os.initgroups(name, user.pw_gid)
        os.setgid(user.pw_gid)
        os.setuid(user.pw_uid)
    except PermissionError as error:
        raise FatalError(
            f"Only root can look as another user: sudo gpend check --as {name}. Nothing was done."
        ) from error

    if not os.access(__file__, os.R_OK):
        raise FatalError(
            f"{name} may not read gpend itself, in {Path(__file__).parent.parent}, so a service of that user could not "
            "start. Install gpend where everybody may read, as in /opt/gpend."
        )


def current() -> str:
    """The user of this process, by name where there is one."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return f"#{os.geteuid()}"
