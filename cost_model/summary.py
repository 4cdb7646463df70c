"""A data set in a few figures, by model family."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from cost_model.kernel import Kernel


@dataclass(frozen=True)
class FamilySummary:
    """A family's measured kernels; figures are NaN where the data set does not say.

    Attributes:
        family: its name; "all" for all of them.
        kernels: how many.
        tiles: measured in all.
        best_us: median time of the best tiles.
        default: geometric mean of default / best.
        worst: geometric mean of worst / best.
        library: geometric mean of the faster library / best.
        noise: median relative spread of a time's repetitions.
    """

    family: str
    kernels: int
    tiles: int
    best_us: float
    default: float
    worst: float
    library: float
    noise: float


def summarize(kernels: Sequence[Kernel]) -> list[FamilySummary]:
    """Returns a summary per family, then one of all kernels that have runtimes."""
    measured = [kernel for kernel in kernels if kernel.measured]
    families = sorted({kernel.family for kernel in measured})
    found = [_summary(f, [k for k in measured if k.family == f]) for f in families]
    return [*found, _summary("all", measured)]


def _summary(family: str, kernels: Sequence[Kernel]) -> FamilySummary:
    best = [int(kernel.config_runtime.min()) for kernel in kernels]
    pairs = list(zip(kernels, best, strict=True))
    noises = [kernel.noise for kernel in kernels if kernel.noise is not None]
    return FamilySummary(
        family,
        len(kernels),
        sum(kernel.configs for kernel in kernels),
        float(np.median(best)) / 1e3 if best else float("nan"),
        _mean(k.config_runtime[k.default_index] / b for k, b in pairs if k.default_index >= 0),
        _mean(kernel.config_runtime.max() / b for kernel, b in pairs),
        _mean(
            min(kernel.metadata["libraries_ns"].values()) / b
            for kernel, b in pairs
            if kernel.metadata.get("libraries_ns")
        ),
        float(np.median(np.concatenate(noises))) if noises else float("nan"),
    )


def _mean(ratios: Iterable[float]) -> float:
    """Geometric; NaN of none."""
    values = list(ratios)
    return float(np.exp(np.mean(np.log(values)))) if values else float("nan")
