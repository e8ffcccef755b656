"""What training makes small. Pictures are float32, 0 to 1, (n, channels, h, w)."""

import torch
from torch import Tensor
from torch.nn import functional

from gpend.training.degradations import transfer

_GRID = 128  # frequencies on which two kernels are compared
_ENTROPY, _TRANSFER = 0.1, 10  # parts of the kernel's loss that come out about alike
_COARSEST = 0.02  # cycles for each pixel, below which all frequencies count alike
_SOFT = 0.3  # of the true kernel's light, spread over its neighbours: a pixel beside the path is nearly right


def kernel_loss(logits: Tensor, kernels: Tensor) -> Tensor:
    """Logits (n, side, side) against kernels: cross entropy, and the error of the transfer function, coarse first.

    Each counts against its kernel or against that mirrored through the middle, whichever is nearer: their power spectra
    are the same. A network that must tell them apart too learns the mean of both, which restores nothing.
    """
    return torch.minimum(_kernel_losses(logits, kernels), _kernel_losses(logits, kernels.flip(1, 2))).mean()


def transfer_error(found: Tensor, kernels: Tensor) -> Tensor:
    """Mean squared error of the transfer function of (n, side, side), low frequencies most; mirrored as above."""
    return torch.minimum(_transfer_errors(found, kernels), _transfer_errors(found, kernels.flip(1, 2))).mean()


def _kernel_losses(logits: Tensor, kernels: Tensor) -> Tensor:
    soft = functional.avg_pool2d(functional.pad(kernels[:, None], (1, 1, 1, 1)), 3, 1)[:, 0]
    target = (soft * _SOFT + kernels * (1 - _SOFT)).flatten(1)
    entropy = -(target * torch.log_softmax(logits.flatten(1), 1)).sum(1)
    found = torch.softmax(logits.flatten(1), 1).view_as(kernels)
    return entropy * _ENTROPY + _transfer_errors(found, kernels) * _TRANSFER


def _transfer_errors(found: Tensor, kernels: Tensor) -> Tensor:
    difference = transfer(found, (_GRID, _GRID)) - transfer(kernels, (_GRID, _GRID))
    rows, columns = torch.fft.fftfreq(_GRID)[:, None], torch.fft.rfftfreq(_GRID)[None]
    weight = 1 / (torch.hypot(rows, columns) + _COARSEST)
    error = (difference.real**2 + difference.imag**2) * (weight / weight.mean()).to(kernels.device)
    return error.mean((1, 2))


_EDGES, _STRUCTURE = 0.5, 0.1  # parts of a loss, against values: edges are what is wanted sharp, values what is seen
_SMOOTH = 1e-6  # below so small a difference, squared, Charbonnier's loss is a parabola
_LIGHT, _CONTRAST = 1e-4, 9e-4  # Wang's constants, (0.01)^2 and (0.03)^2 of full scale
_PERFECT = 1e-10  # squared error that is told as 100 dB


def luma_loss(found: Tensor, truth: Tensor) -> Tensor:
    """Values, edges at two scales and structure of luma (n, 1, h, w)."""
    edges = edge_error(found, truth) + edge_error(functional.avg_pool2d(found, 2), functional.avg_pool2d(truth, 2))
    return charbonnier(found, truth) + _EDGES * edges + _STRUCTURE * (1 - structure(found, truth, stride=3))


def chroma_loss(found: Tensor, truth: Tensor) -> Tensor:
    """Values, and edges at half resolution, of chroma (n, 2, h, w), -0.5 to 0.5."""
    return charbonnier(found, truth) + _EDGES * edge_error(
        functional.avg_pool2d(found, 2), functional.avg_pool2d(truth, 2)
    )


def charbonnier(found: Tensor, truth: Tensor) -> Tensor:
    """The mean absolute difference, smooth at 0; of any shape."""
    return torch.sqrt((found - truth) ** 2 + _SMOOTH).mean()


def edge_error(found: Tensor, truth: Tensor) -> Tensor:
    """The mean absolute difference of neighbouring differences of (n, channels, h, w), across and down."""
    error = found - truth
    return (error[..., 1:] - error[..., :-1]).abs().mean() + (error[..., 1:, :] - error[..., :-1, :]).abs().mean()


def structure(found: Tensor, truth: Tensor, stride: int = 1) -> Tensor:
    """Structural similarity (Wang 2004) of (n, 1, h, w) in windows of 7 x 7, `stride` apart; 1 for the same."""

    def mean(values: Tensor) -> Tensor:
        return functional.avg_pool2d(values, 7, stride)

    one, two = mean(found), mean(truth)
    spread_one, spread_two = mean(found**2) - one**2, mean(truth**2) - two**2
    shared = mean(found * truth) - one * two
    light = (2 * one * two + _LIGHT) / (one**2 + two**2 + _LIGHT)
    return (light * (2 * shared + _CONTRAST) / (spread_one + spread_two + _CONTRAST)).mean()


def psnr(found: Tensor, truth: Tensor) -> Tensor:
    """Decibels (n,)."""
    return -10 * torch.log10((found - truth).square().mean((1, 2, 3)).clamp_min(_PERFECT))
