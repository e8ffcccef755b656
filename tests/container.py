"""Rehearse config/container/Dockerfile where there is no container engine: its own steps, in fresh roots of Debian.

    python -m tests.container FOLDER [--mirror URL] [--arg TORCH=URL] [--with PATH] [--env NAME=VALUE]

As root, with debootstrap installed. Each stage gets a root made by debootstrap, of the suite that its base image is
made of; RUN lines are run in it by chroot, COPY and ENV are done. Then the image's entry point runs some commands on a
photo, as PUID and PGID, with a root of which only /output, /state and /tmp can be written to. What a container engine
adds, it cannot try: cgroups, capabilities, seccomp profiles, and the layers of an image.

It takes gigabytes and many minutes, so the tests do it only where GPEND_REHEARSE_CONTAINER is set, to the options above
or to nothing; .ci/run has it done when that is in its environment.
"""

import argparse
import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DOCKERFILE = ROOT / "config" / "container" / "Dockerfile"
SAMPLE = ROOT / "gpend" / "samples" / "portrait-blurred.jpg"
MIRROR = "http://deb.debian.org/debian"
PUID = PGID = 1234
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_ARGUMENT = re.compile(r"\$\{(\w+)\}")


@dataclass(frozen=True)
class Instruction:
    """One line of a Dockerfile."""

    name: str  # in capitals
    text: str


@dataclass
class Stage:
    """One image of a Dockerfile, as a folder."""

    suite: str
    name: str
    root: Path
    environment: dict[str, str] = field(default_factory=lambda: {"PATH": _PATH})
    arguments: dict[str, str] = field(default_factory=dict)
    entry: list[str] = field(default_factory=list)
    health: list[str] = field(default_factory=list)


def instructions(text: str) -> Iterator[Instruction]:
    """The lines of a Dockerfile, put together where they go on, without comments (pure)."""
    lines = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    for line in lines.replace("\\\n", " ").splitlines():
        name, _, rest = line.strip().partition(" ")
        if name:
            yield Instruction(name.upper(), rest.strip())


def filled(text: str, known: dict[str, str]) -> str:
    """A text with the values of ARGs in it (pure)."""
    return _ARGUMENT.sub(lambda name: known.get(name[1], ""), text)


def call(program: str, *arguments: str, quiet: bool = False) -> str:
    """Run a program of this machine, or end; what it says, if `quiet`, which is shown otherwise."""
    place = shutil.which(program)
    if place is None:
        raise SystemExit(f"{program} is not installed here.")
    done = subprocess.run([place, *arguments], check=True, stdout=subprocess.PIPE if quiet else None, text=True)
    return done.stdout or ""


class Rehearsal:
    """Goes through a Dockerfile."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        self._given = dict(each.split("=", 1) for each in options.arg)
        self._everywhere: dict[str, str] = {}  # ARGs before the first FROM
        self._stages: list[Stage] = []

    def run(self) -> Stage:
        """Do every step; the last stage."""
        for step in instructions(DOCKERFILE.read_text()):
            print(f"== {step.name} {step.text}", flush=True)  # noqa: T201 - a script
            self._do(step)
        return self._stages[-1]

    def _do(self, step: Instruction) -> None:
        match step.name:
            case "FROM":
                self._begin(filled(step.text, self._everywhere))
            case "ARG":
                name, _, default = step.text.partition("=")
                place = self._stages[-1].arguments if self._stages else self._everywhere
                place[name] = self._given.get(name, default)
            case "RUN":
                self.inside(self._stages[-1], ["sh", "-c", step.text], self._stages[-1].arguments)
            case "COPY":
                self._copy(shlex.split(step.text))
            case "ENV":
                self._stages[-1].environment |= dict(each.split("=", 1) for each in shlex.split(step.text))
            case "ENTRYPOINT":
                self._stages[-1].entry = json.loads(step.text)
            case "HEALTHCHECK":
                self._stages[-1].health = json.loads(step.text.partition("CMD")[2])
            case "VOLUME":
                for name in json.loads(step.text):
                    (self._stages[-1].root / name.lstrip("/")).mkdir(parents=True, exist_ok=True)

    def _begin(self, text: str) -> None:
        base, _, name = text.partition(" AS ")
        suite = base.rpartition(":")[2].removesuffix("-slim")
        stage = Stage(suite, name, self._options.folder / (name or "image"))
        if not stage.root.exists():
            call("debootstrap", "--variant=minbase", suite, str(stage.root), self._options.mirror, quiet=True)
        for each in self._options.with_:
            target = stage.root / each.lstrip("/")
            put_tree(Path(each), target)
        shutil.copy("/etc/resolv.conf", stage.root / "etc" / "resolv.conf")
        self._stages.append(stage)

    def _copy(self, words: list[str]) -> None:
        options = dict(word.removeprefix("--").split("=", 1) for word in words if word.startswith("--"))
        *sources, target = [word for word in words if not word.startswith("--")]
        stage = self._stages[-1]
        place = stage.root / target.lstrip("/")
        for source in sources:
            if "from" in options:
                other = next(each for each in self._stages if each.name == options["from"])
                put_tree(other.root / source.lstrip("/"), place)
            elif source == ".":
                copy_tree(place)
            else:
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / source, place)
                place.chmod(int(options.get("chmod", "644"), 8))

    def inside(self, stage: Stage, command: list[str], extra: dict[str, str] | None = None) -> None:
        """Run a command in a stage, as its root."""
        given = dict(each.split("=", 1) for each in self._options.env)
        environment = [f"{name}={value}" for name, value in (given | stage.environment | (extra or {})).items()]
        print(f"   {shlex.join(command)}", flush=True)  # noqa: T201 - a script
        call("chroot", str(stage.root), "/usr/bin/env", "-i", *environment, *command)


def put_tree(source: Path, target: Path) -> None:
    """Put a folder in the place of another."""
    shutil.rmtree(target, ignore_errors=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(source, target, symlinks=True)


def copy_tree(place: Path) -> None:
    """What git knows of this copy, as far as the Dockerfile's own list lets it through."""
    allowed = DOCKERFILE.with_name("Dockerfile.dockerignore").read_text().splitlines()
    tops = {line.removeprefix("!") for line in allowed if line.startswith("!")}
    for name in filter(None, call("git", "-C", str(ROOT), "ls-files", "-z", quiet=True).split("\0")):
        if name.split("/")[0] in tops:
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, place / name)


def try_out(rehearsal: Rehearsal, stage: Stage) -> None:
    """Run what the image is for, in a root that cannot be written to."""
    for name in ("output", "state", "tmp"):
        shutil.rmtree(stage.root / name, ignore_errors=True)
        (stage.root / name).mkdir()
    (stage.root / "tmp").chmod(0o1777)
    os.chown(stage.root / "output", PUID, PGID)
    photo = stage.root / "photos" / SAMPLE.name
    shutil.copy(SAMPLE, photo)
    os.utime(photo, (0, 0))
    who = {"PUID": str(PUID), "PGID": str(PGID)}
    call("mount", "--bind", str(stage.root), str(stage.root))
    try:
        for name in ("output", "state", "tmp"):
            call("mount", "--bind", *[str(stage.root / name)] * 2)
        call("mount", "--types", "proc", "proc", str(stage.root / "proc"))
        call("mount", "--options", "remount,bind,ro", str(stage.root))
        rehearsal.inside(stage, ["sh", "-c", "! touch /etc/here 2> /dev/null"])
        for command in (["check"], ["once"], ["status"], ["why", f"/photos/{photo.name}"]):
            rehearsal.inside(stage, [*stage.entry, *command], who)
        for place in (stage.root / "output" / photo.name, stage.root / "state" / "gpend.yaml"):
            if (place.stat().st_uid, place.stat().st_gid) not in ((PUID, PGID), (0, 0)):
                raise SystemExit(f"{place} belongs to somebody else")
    finally:
        call("umount", "--recursive", str(stage.root))


def main() -> None:
    """As the module says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--mirror", default=MIRROR)
    parser.add_argument("--arg", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--env", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--with", dest="with_", action="append", default=[], metavar="PATH")
    rehearsal = Rehearsal(parser.parse_args())
    try_out(rehearsal, rehearsal.run())
    print("The image works.")  # noqa: T201 - a script


if __name__ == "__main__":
    main()
