"""Answers as people read them on a terminal: text with colour, which click leaves out where there is no terminal."""

import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gpend.ledger import Facts, State
from gpend.reports import History, Status, by_clock

if TYPE_CHECKING:  # `gpend status` need not wait for the daemon's modules
    from gpend.daemon import Tally

_COLOURS = {
    "restored": "green",
    "kept": "cyan",
    "waiting": "yellow",
    "working": "yellow",
    "failed": "red",
    "incomplete": "red",
    "unsupported": "magenta",
}
_UNMEASURED = ("small", "profile", "unsure")  # verdicts on faces whose sharpness was never measured


def plain(text: str | Path) -> str:
    """Text that a terminal can show as it is: undecodable bytes and control characters of file names are replaced."""
    decoded = os.fsencode(text).decode("utf-8", "replace")
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in decoded)


def plain_lines(lines: Iterable[str]) -> list[str]:
    """As plain, for each line."""
    return [plain(line) for line in lines]


def count_of(number: int, one: str, several: str = "") -> str:
    """So many of a thing: "1 photo", "2,000 photos"; `several` where an s at the end does not make it more than one."""
    return f"{number:,} {one if number == 1 else several or one + 's'}"


def state(name: str) -> str:
    """A state, in its colour."""
    return click.style(name, fg=_COLOURS.get(name))


def ago(moment: str | None, now: datetime) -> str:
    """How long ago an ISO 8601 moment was, roughly; "never" for None."""
    if moment is None:
        return "never"
    try:
        seconds = (now - datetime.fromisoformat(moment)).total_seconds()
    except ValueError:
        return moment
    for length, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")):
        if abs(seconds) >= length:
            count = round(abs(seconds) / length)
            return f"{count_of(count, unit)} {'ago' if seconds > 0 else 'from now'}"
    return "just now"


def status_text(status: Status, now: datetime) -> str:
    """The answer to `gpend status`."""
    how = click.style("running", fg="green") if status.running else click.style("not running", fg="red")
    counted = [f"{count} {state(name)}" for name, count in status.counts.items() if count]
    lines = [
        f"gpend is {how}; last activity {ago(status.last_activity, now)}.",
        f"Photos: {', '.join(counted) or 'none yet'}. Backlog: {status.backlog}.",
        *([f"Other files: {status.files_set_aside} set aside."] if status.files_set_aside else []),
        *([click.style(plain(status.ledger_problem), fg="yellow")] if status.ledger_problem else []),
        *([click.style(status.resting, fg="yellow")] if status.resting else []),
        *([f"Progress: {status.progress}."] if status.settling or status.waiting else []),
        f"Found by an event: {status.found_by.get('event', 0)}; by a scan: {status.found_by.get('scan', 0)}.",
        *_judged_otherwise(status.judged_with_other_settings),
        *_cluster_lines(status),
        *status.not_measured,
        *_folder_lines(status, now),
        *_error_lines(status, now),
    ]
    return "\n".join(lines)


def _judged_otherwise(photos: int) -> list[str]:
    if not photos:
        return []
    what = count_of(photos, "photo was", "photos were")
    return [f"{what} judged with other settings: gpend retry --judged-with-other-settings"]


def _cluster_lines(status: Status) -> list[str]:
    if status.cluster is None:
        return []
    cluster = status.cluster
    problem = click.style(f" is not reached: {plain(cluster['problem'])}", fg="yellow") if cluster["problem"] else ""
    waiting = count_of(cluster["waiting"], "photo waits", "photos wait")
    lines = [f"Cluster, scheduler {plain(cluster['scheduler'])}{problem}; {waiting} for a worker:"]
    lines += [f"  {_worker(worker)}" for worker in cluster["workers"]]
    return lines if cluster["workers"] else [*lines, click.style("  no worker is there", fg="yellow")]


def _worker(worker: Mapping[str, Any]) -> str:
    name = plain(worker["name"])
    if worker["state"] == "refused":
        return click.style(f"{name} gets no photos: {plain(worker['reason'])}", fg="yellow")
    leaving = ", leaving" if worker["state"] == "leaving" else ""
    pace = f"{60 * worker['rate']:.1f} a minute" if worker["rate"] else "none lately"
    return f"{name}: {worker['busy']} of {worker['slots']} at a time, {worker['done']} done, {pace}{leaving}"


def _folder_lines(status: Status, now: datetime) -> list[str]:
    lines = ["Folders:"] if status.folders else ["Folders: none"]
    for folder in status.folders:
        lines.append(f"  {plain(folder.source)} → {plain(folder.output)}")
        if folder.paused:
            since = ago(folder.paused_since, now)
            lines.append(click.style(f"    paused {since}: {plain(folder.paused)}", fg="yellow"))
        lines += [f"    passed over: {plain(what)}: {count}" for what, count in _most(folder.passed_over)]
        if folder.waits_for_confirmation:
            wanted = plain(folder.waits_for_confirmation)
            lines.append(click.style(f"    waits for `gpend confirm`: {wanted}", fg="yellow"))
    return lines


def _most(counted: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counted.items(), key=lambda each: (-each[1], each[0]))


def _error_lines(status: Status, now: datetime) -> list[str]:
    if not status.last_errors:
        return ["No errors."]
    lines = ["Last errors (`gpend why PHOTO` tells more):"]
    for error in status.last_errors:
        lines.append(f"  {plain(error.photo)}  {state(error.state)} {ago(error.since, now)}")
        lines.append(f"    {plain(error.reason)}")
    return lines


def tally_text(tally: "Tally") -> str:
    """The answer to `gpend once`: photos by what became of them, which were set aside, and what was left for later."""
    counted = [f"{count} {state(name)}" for name, count in tally.states.items() if count]
    is_left = tally.is_stopped or tally.pauses or tally.unsettled
    nothing = "Nothing was done yet." if is_left else "Nothing to do."
    counted += [f"{count_of(tally.mirrored, 'other file')} mirrored"] if tally.mirrored else []
    lines = [", ".join(counted) + "." if counted else nothing]
    lines += [f"{tally.known} of them known before: moved, copied, touched, or found in place."] if tally.known else []
    lines += [f"set aside: {plain(photo)}: {plain(reason)}" for photo, reason in tally.set_aside]
    more = tally.states[State.FAILED] + tally.states[State.INCOMPLETE] - len(tally.set_aside)
    lines += [f"set aside: {more} more; `gpend status` tells of them."] if more > 0 else []
    lines += [f"paused: {plain(source)}: {plain(reason)}" for source, reason in tally.pauses.items()]
    if tally.is_stopped:
        waiting = count_of(tally.waiting, "known photo still waits", "known photos still wait")
        lines.append(f"Stopped before the end: {waiting}. The next run does the rest.")
    if tally.unsettled:
        lines.append(f"{tally.unsettled} left for later: still being written.")
    if tally.emptied:
        lines.append(f"{tally.emptied} deleted from the trash: their days there were over (`trash_days`).")
    return "\n".join(lines)


def history_text(history: History, now: datetime, capture: Mapping[str, str] | None = None) -> str:
    """The answer to `gpend why`; `capture` tells camera, lens and time, as far as the photo does."""
    lines = [
        f"{plain(history.photo)}: {state(history.state)}",
        f"  {plain(history.reason)}" if history.reason else "",
        f"  {plain(history.held)}" if history.held else "",
        *face_lines(history.faces),
        *(f"  note: {plain(note)}" for note in history.notes),
        *_facts(history, now),
        *(f"  {name + ':':14} {plain(told)}" for name, told in (capture or {}).items() if told),
    ]
    return "\n".join(line for line in lines if line)


def answer_text(told: Facts, output: Path | None, notes: Sequence[str]) -> str:
    """What became of a single photo, told as `gpend score --json` tells it, and what was written for it."""
    arrow = f" → {plain(output)}" if output else ""
    head = f"{plain(told['photo'])}: {state(told['outcome'])}{arrow}"
    lines = [
        head,
        f"  {plain(told['reason'])}",
        *face_lines(told["faces"]),
        *(f"  note: {plain(note)}" for note in notes),
    ]
    return "\n".join(lines)


def _facts(history: History, now: datetime) -> list[str]:
    networks = " and ".join(history.made_with)
    how = " ".join(part for part in (networks, history.settings[:12]) if part)
    facts = {
        "output": plain(history.output or ""),
        "found": f"{ago(history.first_seen, now)} ({by_clock(history.first_seen)}), by {_finder(history.found_by)}",
        "last change": f"{ago(history.updated, now)} ({by_clock(history.updated)})",
        "attempts": str(history.attempts) if history.attempts else "",
        "next attempt": by_clock(history.next_attempt or ""),
        "by worker": plain(history.by),
        "made with" if networks else "judged with": f"{how}, gpend {history.version}" if history.version else "",
        "photo": f"{history.size} bytes, modified {by_clock(history.modified)}",
        "SHA-256": history.sha256 or "",
        "of the output": history.output_sha256 or "",
    }
    return [f"  {name + ':':14} {fact}" for name, fact in facts.items() if fact]


def _finder(found_by: str) -> str:
    return {"event": "an event", "scan": "a scan"}.get(found_by, found_by)


def face_lines(faces: Sequence[Facts]) -> list[str]:
    """One line for every face, given as `gpend score --json` gives it."""
    return [_face(number, face) for number, face in enumerate(faces, 1)]


def _face(number: int, face: Facts) -> str:
    x0, y0, x1, y1 = (round(edge) for edge in face["box"])
    where = f"{x1 - x0} by {y1 - y0} px at {x0}, {y0}"
    verdict, reason = str(face["verdict"]), plain(face["reason"])
    value = face["sharpness"]
    is_unmeasured = value is None or (verdict in _UNMEASURED and value == 0)  # 0: of a ledger from before
    measured = "not measured" if is_unmeasured else f"sharpness {value:.2f}"
    sharpness = "" if reason.startswith("sharpness ") else f", {measured}"
    is_restored = verdict == "restored" and face.get("network")
    network = f"; with {plain(face['network'])}" if is_restored else ""
    return f"  face {number} ({where}){sharpness}: {click.style(verdict, bold=True)}, {reason}{network}"
