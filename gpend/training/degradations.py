"""From sharp faces to photos of them, in batches on any device: light, blur, scale, noise and JPEG, in that order.

Pictures are float32, (n, 3, 256, 256) RGB or (n, 1, 256, 256) grey, 0 to 1.
"""

import torch
from torch import Tensor
from torch.nn import functional

from gpend.training import jpeg
from gpend.training.draws import GROUP, SIDE, Draw
from gpend.training.kernels import SIDE as KERNEL

_BORDER = 32  # pixels that are mirrored around a picture before it is blurred, more than a kernel reaches
_DARKEST = 0.02  # of full scale: sensors are not without noise in the dark
_LEAST_SOFT = 1e-3  # pixels, as good as none
_TINY = 1e-6
_BLACK = 1e-9  # of full light: a root is steep below it
_EXPOSED = 0.4  # the light whose noise is that drawn, where noise grows with the light


def sharp(faces: Tensor, draw: Draw) -> Tensor:
    """The draw's faces out of all `faces` (count, 3, side, side) uint8: turned and lit, (n, 3, 256, 256)."""
    device = faces.device
    chosen = faces[torch.from_numpy(draw.faces).to(device)].float() / 255
    shape = [len(chosen), 3, SIDE, SIDE]
    places = functional.affine_grid(_on(draw.turns, device), shape, align_corners=False)
    seen = functional.grid_sample(chosen, places, mode="bilinear", padding_mode="reflection", align_corners=False)
    grey = _on(draw.grey, device).view(-1, 1, 1, 1)
    seen = _beside_edges(torch.where(grey, jpeg.split(seen)[0].expand_as(seen), seen), draw)
    return (seen * _on(draw.light, device)[:, :, None, None] + _on(draw.lift, device).view(-1, 1, 1, 1)).clamp(0, 1)


def _beside_edges(faces: Tensor, draw: Draw) -> Tensor:
    """The faces with the straight edges of `Draw.edges` beside them; an edge is a pixel wide."""
    line = (torch.arange(SIDE, device=faces.device) + 0.5) * (2 / SIDE) - 1
    for edge in _on(draw.edges, faces.device).unbind(1):
        across, down, near, far, light = (part.view(-1, 1, 1, 1) for part in edge.unbind(1))
        place = line.view(1, 1, 1, -1) * across + line.view(1, 1, -1, 1) * down
        inside = ((place - near) * (SIDE / 2) + 0.5).clamp(0, 1) * ((far - place) * (SIDE / 2) + 0.5).clamp(0, 1)
        faces = faces + inside * (light - faces)
    return faces


def spoiled(truth: Tensor, draw: Draw) -> Tensor:
    """The photos of `truth`, (n, 3, 256, 256), 0 to 1, of the same shape."""
    device = truth.device
    exponent = _on(draw.exponent, device).view(-1, 1, 1, 1)
    blurred = convolved(truth**exponent, _on(draw.kernels, device)).clamp(_BLACK, 1) ** (1 / exponent)
    generator = torch.Generator(device).manual_seed(draw.seed)
    groups = [_shot(blurred, draw, group, generator) for group in range(len(draw.native))]
    return torch.cat(groups)


def convolved(pictures: Tensor, kernels: Tensor) -> Tensor:
    """Every picture with its own kernel (n, 41, 41); edges are mirrored."""
    height, width = pictures.shape[2] + 2 * _BORDER, pictures.shape[3] + 2 * _BORDER
    wide = functional.pad(pictures, (_BORDER,) * 4, mode="reflect")
    spectrum = torch.fft.rfft2(wide) * transfer(kernels, (height, width))[:, None]
    blurred = torch.fft.irfft2(spectrum, s=(height, width))
    inner: Tensor = blurred[..., _BORDER:-_BORDER, _BORDER:-_BORDER]
    return inner


def transfer(kernels: Tensor, size: tuple[int, int]) -> Tensor:
    """The kernels' transfer functions (n, height, width // 2 + 1) on a grid of `size`."""
    padded = functional.pad(kernels, (0, size[1] - KERNEL, 0, size[0] - KERNEL))
    found: Tensor = torch.fft.rfft2(torch.roll(padded, (-(KERNEL // 2), -(KERNEL // 2)), (1, 2)))
    return found


def rescaled(pictures: Tensor, side: int) -> Tensor:
    """(n, channels, h, w) to a square of `side`: filtered first where it shrinks, bicubic where it grows."""
    if pictures.shape[-1] == side:
        return pictures
    mode = "bilinear" if side < pictures.shape[-1] else "bicubic"
    return functional.interpolate(pictures, (side, side), mode=mode, antialias=True, align_corners=False).clamp(0, 1)


def grained(pictures: Tensor, noise: Tensor, grain: Tensor, generator: torch.Generator) -> Tensor:
    """With noise of standard deviation `noise` (n,) as `Draw.grain` (n, 3) describes it."""
    raw = torch.randn(pictures.shape, generator=generator, device=pictures.device)
    grey, soft, growing = (part.view(-1, 1, 1, 1) for part in grain.unbind(1))
    mixed = raw * (1 - grey) + raw[:, :1] * grey
    smooth = _smoothed(mixed, soft)
    smooth = smooth / smooth.std((1, 2, 3), keepdim=True).clamp_min(_TINY)
    strength = torch.where(growing > 0, torch.sqrt(pictures.clamp_min(_DARKEST) / _EXPOSED), 1.0)
    return pictures + smooth * strength * noise.view(-1, 1, 1, 1)


def _shot(blurred: Tensor, draw: Draw, group: int, generator: torch.Generator) -> Tensor:
    rows = slice(group * GROUP, (group + 1) * GROUP)
    device = blurred.device
    noise, grain, quality = (_on(part[rows], device) for part in (draw.noise, draw.grain, draw.quality))
    halved = _on(draw.halved[rows], device)
    photo = rescaled(blurred[rows], int(draw.native[group]))
    photo = grained(photo, noise, grain, generator).clamp(0, 1)
    photo = jpeg.compressed(photo, quality[:, 0], halved)
    twice = (quality[:, 1] > jpeg.UNTOUCHED).view(-1, 1, 1, 1)
    if bool(twice.any()):
        sent = jpeg.compressed(rescaled(photo, int(draw.sent[group])), quality[:, 1], halved)
        return torch.where(twice, rescaled(sent, SIDE), rescaled(photo, SIDE))
    return rescaled(photo, SIDE)


def _smoothed(noise: Tensor, soft: Tensor) -> Tensor:
    """Gaussian, each picture by its own softness in pixels; 0 leaves it alone."""
    offsets = torch.arange(-3, 4, device=noise.device, dtype=noise.dtype)
    weights = torch.exp(-(offsets**2) / (2 * soft.view(-1, 1).clamp_min(_LEAST_SOFT) ** 2))
    weights = (weights / weights.sum(1, keepdim=True)).repeat_interleave(noise.shape[1], 0)
    planes = noise.reshape(1, -1, *noise.shape[2:])
    count = planes.shape[1]
    planes = functional.conv2d(planes, weights.view(count, 1, 7, 1), padding=(3, 0), groups=count)
    planes = functional.conv2d(planes, weights.view(count, 1, 1, 7), padding=(0, 3), groups=count)
    return planes.view_as(noise)


def _on(array: object, device: torch.device) -> Tensor:
    return torch.as_tensor(array, device=device)
