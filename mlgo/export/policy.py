"""From a policy's weights to object files for the plugin, whatever the problem."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from mlgo.errors import UserError
from mlgo.export.aot import Interface, compile_model
from mlgo.weights_file import format_of

if TYPE_CHECKING:
    from mlgo.passes.weights import PassWeights
    from mlgo.regalloc.priority import PriorityWeights


def export_policy(weights: Path, name: str, outputs: Mapping[str, Path], folder: Path) -> None:
    """Compiles weights ahead of time with TensorFlow.

    Args:
        weights: as `mlgo train` writes them.
        name: of the policy.
        outputs: target -> object file to write; see `mlgo.export.aot.TARGETS`.
        folder: for the SavedModel.

    Raises:
        UserError: TensorFlow is missing, or the weights are of no known kind.
    """
    try:
        interface = _saved_model(weights, name, folder)
    except ImportError as error:
        raise UserError(
            f"export needs {error.name}", hint="pip install 'mlgo-suite[train]'"
        ) from error
    for target, output in outputs.items():
        compile_model(folder, interface, output, target)


def _saved_model(weights: Path, name: str, folder: Path) -> Interface:
    from mlgo.passes import weights as passes
    from mlgo.regalloc import priority
    from mlgo.regalloc import weights as eviction

    makers = {eviction.FORMAT: _eviction, priority.FORMAT: _priority, passes.FORMAT: _passes}
    return makers.get(format_of(weights), _inlining)(weights, name, folder)


def _inlining(weights: Path, name: str, folder: Path) -> Interface:
    from mlgo.inlining.network import saved_model
    from mlgo.inlining.weights import load_weights

    model = load_weights(weights)
    saved_model(model, folder)
    return Interface(name, model.sha256, model.features)


def _eviction(weights: Path, name: str, folder: Path) -> Interface:
    from mlgo.regalloc.network import saved_model, tensors
    from mlgo.regalloc.weights import load_eviction_weights

    model = load_eviction_weights(weights)
    saved_model(model, folder)
    inputs = tensors(model.interface)
    return Interface(
        name,
        model.sha256,
        tuple(input_name for input_name, _, _ in inputs),
        output="scores",
        symbol="mlgo_eviction_model",
        types=tuple((type_, shape) for _, type_, shape in inputs),
        outputs=model.interface.width,
    )


def _priority(weights: Path, name: str, folder: Path) -> Interface:
    from mlgo.regalloc.priority import load_priority_weights

    model = load_priority_weights(weights)
    symbol = "mlgo_size_priority_model" if model.goal == "size" else "mlgo_priority_model"
    return _features(model, name, "shift", symbol, folder)


def _passes(weights: Path, name: str, folder: Path) -> Interface:
    from mlgo.passes.weights import load_pass_weights

    return _features(load_pass_weights(weights), name, "score", "mlgo_pass_model", folder)


def _features(
    model: PriorityWeights | PassWeights, name: str, output: str, symbol: str, folder: Path
) -> Interface:
    from mlgo.export.feature_network import saved_feature_model

    saved_feature_model(model, output, folder)
    types: tuple[tuple[str, tuple[int, ...]], ...] = (("float", (1,)),) * len(model.features)
    return Interface(name, model.sha256, model.features, output=output, symbol=symbol, types=types)
