"""The networks that the settings ask for, found, proven and ready to run."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path

import torch

from gpend.core.networks import Networks, RestoreFaces
from gpend.errors import DeviceError
from gpend.models import memory
from gpend.models.batched import BatchedRestorer, batched
from gpend.models.device import backend_of, limit_threads, resolve
from gpend.models.execution import Execution
from gpend.models.fits import fit_of
from gpend.models.gpen import Gpen, described, load_gpen
from gpend.models.kernel import load_kernel
from gpend.models.needed import DETECTORS, KERNEL, PARSER, REFINER
from gpend.models.nvjpeg import CardDecoder, Say, decoder_on
from gpend.models.parsenet import load_parser
from gpend.models.refine import load_refiner
from gpend.models.remote import Ask, RemoteGpen
from gpend.models.restorers import Found, LeftOut, OwnFile, restorers
from gpend.models.retinaface import load_retinaface
from gpend.models.turn import Turn
from gpend.models.weights import (
    DetectorCheckpoint,
    GpenCheckpoint,
    KernelCheckpoint,
    Kind,
    ParserCheckpoint,
    Proven,
    RefineCheckpoint,
    find,
    known,
    load_manifest,
    weights_folders,
)
from gpend.settings import CoreSettings

_NO_ROOM = (
    "The GPU has too little memory for the networks that restore. Name one of them as `restore.model`, the smallest "
    "needs least, or set `restore.device` to cpu."
)


def load(
    settings: CoreSettings,
    progress: Callable[[Collection[int]], None] | None = None,
    ask: Ask | None = None,
    callers: int = 1,
    say: Say | None = None,
) -> Networks:
    """All networks on the device that the settings name. Raises FatalError saying what to do.

    With `ask`, those that restore faces are on other machines, and are not loaded here.

    They take turns, also when called from several threads; after each, `progress` is called as `Turn` says. On a
    graphics card what up to `callers` threads ask at the same time is computed together. `say` is given a sentence for
    each network that is damaged and left out; with it, the card also decodes large photos if that pays, which takes
    seconds to find out, and `say` is told where that ends.
    """
    folders = weights_folders(settings.restore.weights)
    detector = find(DETECTORS[settings.detect.model], DetectorCheckpoint, folders)
    estimator = _find_if_known(KERNEL, KernelCheckpoint, folders)
    refiner = _find_if_known(REFINER, RefineCheckpoint, folders) if estimator else None
    parser = _find_if_there(PARSER, ParserCheckpoint, folders)
    device = resolve(settings.restore.device)
    limit_threads()
    turn = Turn(progress)
    limit = None if ask else memory.limit(settings.restore.device)
    found = restorers(settings.restore.model, folders, limit)
    try:
        smallest, *larger = _restorers(_used(found, say), folders, device, turn, ask)
    except torch.OutOfMemoryError as error:
        raise DeviceError(_NO_ROOM) from error
    detect = load_retinaface(detector, device, turn)
    networks = Networks(
        detect,
        smallest,
        load_kernel(estimator, device, turn) if estimator else None,
        load_refiner(refiner, device, turn) if refiner else None,
        tuple(larger),
        load_parser(parser, device, turn) if parser else None,
        detect.screen(),
        decoder_on(device, backend_of(device), say) if say else None,
    )
    return networks if callers == 1 or device.type == "cpu" else batched(networks, turn, callers)


def _restorers(
    found: Iterable[Proven[GpenCheckpoint] | OwnFile],
    folders: Sequence[Path],
    device: torch.device,
    turn: Turn,
    ask: Ask | None,
) -> Iterator[RestoreFaces]:
    for one in found:
        proven = described(one) if isinstance(one, OwnFile) else one
        beside = [one.path.parent] if isinstance(one, OwnFile) else folders
        fitted = fit_of(proven.checkpoint.name, proven.checkpoint.sha256, beside)
        if ask is None:
            yield load_gpen(proven, device, turn, fitted.fit)
        else:
            yield RemoteGpen(proven.checkpoint, fitted.fit, ask)


def _used(found: Iterable[Found], say: Say | None) -> Iterator[Proven[GpenCheckpoint] | OwnFile]:
    """Those that are not left out; what is damaged since gpend began is said here first."""
    for one in found:
        if not isinstance(one, LeftOut):
            yield one
        elif say and one.is_damaged:
            say(one.why)


def _find_if_there(name: str, kind: type[Kind], folders: Sequence[Path]) -> Proven[Kind] | None:
    """A checkpoint that a person may have fetched; None where its file is not there."""
    is_there = any(one.checkpoint.name == name and one.path for one in known(folders))
    return find(name, kind, folders) if is_there else None


def _find_if_known(name: str, kind: type[Kind], folders: Sequence[Path]) -> Proven[Kind] | None:
    """The checkpoint of a stage that gpend can do without; None where no list names it."""
    is_known = any(one.name == name for folder in folders for one in load_manifest(folder))
    return find(name, kind, folders) if is_known else None


def chosen(networks: Networks) -> list[str]:
    """How each restoring network is computed here, in words."""
    return [f"{name} in {execution.words}" for name, execution in _executions(networks)]


def decoding(networks: Networks) -> list[str]:
    """What a graphics card decodes, in words."""
    return [networks.decode.words] if isinstance(networks.decode, CardDecoder) and networks.decode.words else []


def slower_ways(networks: Networks) -> list[str]:
    """Which faster ways to compute and to decode were not taken on this device, and why, in words."""
    notes = [f"{name}: {note}." for name, execution in _executions(networks) for note in execution.notes]
    return [*notes, *(networks.decode.notes if isinstance(networks.decode, CardDecoder) else ())]


def _executions(networks: Networks) -> Iterator[tuple[str, Execution]]:
    for one in networks.restorers:
        network = one.network if isinstance(one, BatchedRestorer) else one
        if isinstance(network, Gpen):
            yield network.name, network.execution
