"""A network between two machines that is cut and healed: python -m tests.engine.cluster.cut KEYS LOGS.

Runs in namespaces of its own: the head, the scheduler and the worker `near` on one side of a cable, `far` on the other.
"""

import subprocess
import sys
from pathlib import Path

from tests.engine.cluster.real import Cluster, photo
from tests.waiting import PATIENCE

_NEAR, _FAR = "10.91.0.1", "10.91.0.2"
_CABLE = f"""
ip link set lo up
mount -t tmpfs none /run
mkdir -p /run/netns
ip netns add far
ip link add near type veth peer name far netns far
ip addr add {_NEAR}/24 dev near
ip link set near up
ip -n far addr add {_FAR}/24 dev far
ip -n far link set far up
ip -n far link set lo up
"""


def main(keys: Path, logs: Path) -> None:
    """Cut the cable while photos are on both sides, and heal it."""
    subprocess.run(["sh", "-ec", _CABLE], check=True)  # noqa: S607 - of the machine's own
    cluster = Cluster(keys, logs, host=_NEAR)
    cluster.start_scheduler()
    cluster.start_worker("near", host=_NEAR)
    cluster.start_worker("far", host=_FAR, prefix=("nsenter", "--net=/run/netns/far"))
    engine = cluster.engine()
    try:
        cluster.wait_for("near", "far")
        futures = [engine.submit(photo(number, "held")) for number in range(12)]
        cluster.wait(lambda: "begun" in cluster.begun("far"))
        _set("down")
        cluster.free()
        assert {future.result(PATIENCE).by for future in futures} == {"near"}
        assert "died" not in str(cluster.said)
        joined = str(cluster.said).count("far has joined")
        _set("up")
        cluster.wait(lambda: str(cluster.said).count("far has joined") > joined)
        again = [engine.submit(photo(number, "long")) for number in range(20, 32)]
        assert {future.result(PATIENCE).by for future in again} == {"near", "far"}
        sys.stdout.write("every photo came through\n")
    finally:
        engine.close()
        cluster.end()


def _set(state: str) -> None:
    subprocess.run(["ip", "link", "set", "near", state], check=True)  # noqa: S607 - of the machine's own


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
