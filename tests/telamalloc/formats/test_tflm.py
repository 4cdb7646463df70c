"""TFLM models: plans go in unharmed, are obeyed by the interpreter, and wrong ones are found."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from telamalloc.errors import FormatError, TelamallocError
from telamalloc.formats.tflm.greedy import greedy_offsets
from telamalloc.formats.tflm.lifetimes import ALIGNMENT, lifetimes
from telamalloc.formats.tflm.metadata import NAME, RUNTIME, read_offsets, with_offsets
from telamalloc.formats.tflm.model import RESHAPE, Model, parse_model, read_model
from telamalloc.formats.tflm.problem import arena_size, check_offsets, tflm_problem
from telamalloc.formats.tflm.prove import compare, run
from telamalloc.problem import Ints
from telamalloc.solver import minimize
from telamalloc.validate import Rule

MODELS = ("branchy", "quantized", "looping")


@pytest.fixture(params=MODELS)
def model(models: Path, request: pytest.FixtureRequest) -> Model:
    return read_model(models / f"{request.param}.tflite")


def _planned(model: Model, in_place: bool = True) -> Ints:
    question = tflm_problem(model, in_place=in_place)
    return question.offsets(minimize(question.problem))


def _apart(model: Model) -> Ints:
    """Every tensor in a place of its own, in the order of the model."""
    size = lifetimes(model).size
    return np.where(size > 0, np.cumsum(size) - size, RUNTIME)


def _needs_interpreter() -> None:
    pytest.importorskip("tflite_micro", reason="needs the extra tflm")


def test_the_interpreter_obeys_and_computes_the_same(model: Model) -> None:
    _needs_interpreter()
    offsets = _planned(model)
    before, after = compare(model.data, with_offsets(model, offsets), range(2))
    assert before.head == arena_size(model, greedy_offsets(lifetimes(model)))
    assert after.head == arena_size(model, offsets) <= before.head


def test_the_interpreter_obeys_even_a_wasteful_plan(model: Model) -> None:
    _needs_interpreter()
    offsets = _apart(model)
    before, after = compare(model.data, with_offsets(model, offsets), range(1))
    assert after.head == arena_size(model, offsets) == int(lifetimes(model).size.sum())
    assert after.head > before.head


def test_a_wrong_plan_is_found_and_would_do_harm(models: Path) -> None:
    _needs_interpreter()
    model = read_model(models / "branchy.tflite")
    wrong = np.where(lifetimes(model).size > 0, 0, RUNTIME)
    violations = check_offsets(model, wrong)
    assert violations
    assert {violation.rule for violation in violations} == {Rule.OVERLAP}
    assert violations[0].second is not None
    with pytest.raises(TelamallocError, match="other outputs"):
        compare(model.data, with_offsets(model, wrong), range(1))


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_one_tensor_moved_onto_another_is_found(model: Model, data: st.DataObject) -> None:
    lives, offsets = lifetimes(model), _planned(model)
    planned = np.flatnonzero(lives.size).tolist()
    first, second = data.draw(st.tuples(st.sampled_from(planned), st.sampled_from(planned)))
    together = lives.lower[first] < lives.upper[second] and lives.lower[second] < lives.upper[first]
    if first == second or not together or offsets[first] == offsets[second]:
        return
    offsets[second] = offsets[first]
    assert check_offsets(model, offsets)


def test_a_misaligned_offset_is_found(model: Model) -> None:
    offsets = _apart(model)
    offsets[int(np.argmax(offsets))] += ALIGNMENT // 2
    assert [v.rule for v in check_offsets(model, offsets)] == [Rule.ALIGNMENT]


def test_operand_and_result_of_a_reshape_share_a_place(models: Path) -> None:
    model = read_model(models / "branchy.tflite")
    offsets, apart = _planned(model), _planned(model, in_place=False)
    reshapes = [op for op in model.subgraphs[0].operators if op.code == RESHAPE]
    assert reshapes
    for operator in reshapes:
        assert offsets[operator.inputs[0]] == offsets[operator.outputs[0]]
        assert apart[operator.inputs[0]] != apart[operator.outputs[0]]
    assert not check_offsets(model, offsets)
    assert not check_offsets(model, apart)


def test_nothing_but_the_plan_changes(model: Model) -> None:
    offsets = _planned(model)
    data = with_offsets(model, offsets)
    again = parse_model(data)
    assert data.endswith(model.data)
    assert again.subgraphs == model.subgraphs
    written = read_offsets(again)
    assert written is not None
    np.testing.assert_array_equal(written, offsets)
    assert read_offsets(model) is None


def test_a_plan_is_replaced_in_place(model: Model) -> None:
    first = with_offsets(model, _planned(model))
    second = with_offsets(parse_model(first), _apart(model))
    assert len(second) == len(first)
    np.testing.assert_array_equal(read_offsets(parse_model(second)), _apart(model))
    assert with_offsets(parse_model(second), _planned(model)) == first


def test_other_programs_read_the_plan(models: Path) -> None:
    """The schema's own generated reader sees the old model with one more buffer and name."""
    _needs_interpreter()
    from tflite_micro.tensorflow.lite.micro.python import schema_py_generated as schema

    model = read_model(models / "quantized.tflite")
    offsets = _planned(model)
    old = schema.ModelT.InitFromPackedBuf(model.data, 0)
    new = schema.ModelT.InitFromPackedBuf(with_offsets(model, offsets), 0)
    assert len(new.buffers) == len(old.buffers) + 1
    assert [entry.name for entry in new.metadata][-1] == NAME.encode()
    words = np.frombuffer(bytes(new.buffers[-1].data), "<i4")
    assert words[:3].tolist() == [1, 0, len(model.tensors)]
    assert words[3:].tolist() == offsets.tolist()
    for one, other in zip(old.buffers, new.buffers, strict=False):
        assert bytes(one.data if one.data is not None else b"") == bytes(
            other.data if other.data is not None else b""
        )
    assert [code.builtinCode for code in new.operatorCodes] == [
        code.builtinCode for code in old.operatorCodes
    ]
    assert new.signatureDefs[0].signatureKey == old.signatureDefs[0].signatureKey


def test_weights_stay_aligned(model: Model) -> None:
    data = with_offsets(model, _planned(model))
    assert (len(data) - len(model.data)) % 16 == 0


def test_a_plan_of_the_wrong_length_is_refused(model: Model) -> None:
    with pytest.raises(FormatError, match="one offset"):
        with_offsets(model, np.zeros(3, np.int64))
    with pytest.raises(FormatError, match="one offset"):
        with_offsets(model, np.full(len(model.tensors), -2))
    with pytest.raises(FormatError, match="2\\^31"):
        with_offsets(model, np.full(len(model.tensors), 2**31))


def test_a_plan_for_another_model_is_refused(models: Path) -> None:
    """The count in the metadata is changed, as if another model's plan had been copied."""
    model = read_model(models / "branchy.tflite")
    data = with_offsets(model, _planned(model))
    rest = _planned(model).astype("<i4").tobytes()
    plan = np.array([1, 0, len(model.tensors)], "<i4").tobytes() + rest
    assert data.count(plan) == 1
    other = data.replace(plan, np.array([1, 0, len(model.tensors) - 1], "<i4").tobytes() + rest)
    with pytest.raises(FormatError, match=NAME):
        read_offsets(parse_model(other))


def test_running_what_is_no_model_is_an_error_not_a_crash(models: Path) -> None:
    _needs_interpreter()
    data = (models / "branchy.tflite").read_bytes()
    with pytest.raises(FormatError):
        run(data[: len(data) // 3])


@pytest.mark.slow
def test_densenet_needs_a_fifth_less(tmp_path: Path) -> None:
    """DenseNet121 at 96x96: at least 20 % below the interpreter's own planner, same outputs."""
    _needs_interpreter()
    program = (
        "import sys, tensorflow as tf\n"
        "tf.random.set_seed(0)\n"
        "model = tf.keras.applications.DenseNet121(weights=None, input_shape=(96, 96, 3))\n"
        "open(sys.argv[1], 'wb').write("
        "tf.lite.TFLiteConverter.from_keras_model(model).convert())\n"
    )
    path, planned = tmp_path / "densenet.tflite", tmp_path / "planned.tflite"
    subprocess.run([sys.executable, "-c", program, path], check=True, capture_output=True)
    command = [sys.executable, "-m", "telamalloc.cli", "plan", path, "-o", planned]
    subprocess.run(command, check=True)
    before, after = compare(path.read_bytes(), planned.read_bytes())
    print(f"DenseNet121 at 96x96: {before.head} -> {after.head} bytes")
    assert after.head <= 0.8 * before.head
    assert after.head == 1_548_288  # what is live at once: no plan needs less
