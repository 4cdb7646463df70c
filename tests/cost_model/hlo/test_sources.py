import contextlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cost_model.hlo import proto, text
from cost_model.hlo.features import bounds_features, graph
from cost_model.hlo.module import DotDimensions
from cost_model.hlo.opcodes import NUMBERS
from cost_model.hlo.sources import from_tensorflow, read_module
from mlgo.errors import UserError
from tests.cost_model.jax_environment import needs_jax, run_jax

_DATA = Path(__file__).parents[1] / "testdata"
_TEXT, _PROTO = _DATA / "network.hlo.txt", _DATA / "network.hlo.pb"


def test_text_and_proto_are_the_same_module() -> None:
    written, serialized = read_module(_TEXT), read_module(_PROTO)
    for ours, theirs in zip(written.computations, serialized.computations, strict=True):
        assert ours.name == theirs.name
        assert ours.root == theirs.root
    one, other = graph(written), graph(serialized)
    np.testing.assert_array_equal(one.node_feat, other.node_feat)
    np.testing.assert_array_equal(one.node_opcode, other.node_opcode)
    np.testing.assert_array_equal(one.edge_index, other.edge_index)


def test_features_are_where_the_data_set_has_them() -> None:
    module = read_module(_TEXT)
    entry = module.computation(module.entry)
    rows = [(c.name, i.opcode) for c in module.computations for i in c.instructions]
    found = graph(module)

    def row(opcode: str) -> np.ndarray:
        return found.node_feat[rows.index((entry.name, opcode))]

    convolution = row("convolution")
    assert convolution[13] == 1  # f32
    assert convolution[21:29].tolist() == [1, 16, 16, 16, 0, 0, 49, 4096]
    assert convolution[37:45].tolist() == [3, 3, 0, 0, 0, 0, 6, 9]  # window size
    assert convolution[45:47].tolist() == [2, 2]  # stride
    assert convolution[69:71].tolist() == [1, 2]  # window dilation
    assert convolution[93:99].tolist() == [0, 3, 1, 2, 0, 0]  # input dimensions
    assert convolution[99:103].tolist() == [2, 3, 0, 1]  # kernel dimensions
    assert convolution[107:109].tolist() == [1, 1]  # group counts
    assert convolution[134:138].tolist() == [3, 2, 1, 0]  # layout
    sliced = row("slice")
    assert sliced[109:111].tolist() == [0, 1]  # start
    assert sliced[117:119].tolist() == [1, 5]  # limit
    assert found.node_feat[-1][[0, 18, 29]].tolist() == [1, 1, 7]  # root, tuple, its size
    assert row("transpose")[31:33].tolist() == [1, 0]
    assert row("dot")[107] == 0
    assert row("dot")[44] == 1  # the product of no numbers


def test_edges_lead_to_operands_and_to_what_is_called() -> None:
    module = read_module(_TEXT)
    names = [(c.name, i.name) for c in module.computations for i in c.instructions]
    edges = {tuple(edge) for edge in graph(module).edge_index}
    entry = module.computation(module.entry)
    loop = next(i for i in entry.instructions if i.opcode == "while")
    user = names.index((entry.name, loop.name))
    assert (user, names.index((entry.name, loop.operands[0]))) in edges
    for called in loop.called:
        assert (user, names.index((called, module.computation(called).root))) in edges


def test_the_dot_says_what_is_summed() -> None:
    module = read_module(_PROTO)
    dot = next(i for i in module.computation(module.entry).instructions if i.opcode == "dot")
    assert dot.dot == DotDimensions((1,), (0,))
    assert dot.shape.dimensions == (64, 24)


def test_a_tensorflow_function() -> None:
    import tensorflow as tf

    @tf.function(jit_compile=True)
    def layer(x: tf.Tensor, w: tf.Tensor) -> tf.Tensor:
        return tf.nn.relu(tf.matmul(x, w))

    module = from_tensorflow(layer, tf.zeros((8, 4)), tf.zeros((4, 6)))
    opcodes = [i.opcode for c in module.computations for i in c.instructions]
    assert opcodes.count("dot") == 1
    assert graph(module).node_feat.shape == (len(opcodes), 140)


def test_opcodes_have_the_data_sets_numbers() -> None:
    some = {"abs": 1, "compare": 20, "dot": 34, "fusion": 41, "parameter": 63, "tanh": 96,
            "transpose": 98, "while": 102, "tan": 120}  # fmt: skip
    assert some.items() <= NUMBERS.items()


def test_a_tiles_features() -> None:
    features = bounds_features([(9, 8), (11, 8), ()])
    assert features[:8] == [9, 8, 0, 0, 0, 0, 17, 72]
    assert features[8:16] == [11, 8, 0, 0, 0, 0, 19, 88]
    assert features[16:] == [0] * 8


def test_an_unknown_opcode_is_named() -> None:
    unknown = _TEXT.read_text().replace(" tanh(", " tanhyperbolic(")
    with pytest.raises(UserError, match="'tanhyperbolic' is unknown"):
        graph(text.parse(unknown))


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("", "no line that begins with HloModule"),
        ("HloModule a\n", "no ENTRY"),
        ("HloModule a\n\nENTRY e {\n  x = f32[2]{0} parameter(0)\n", "cut off"),
        ("HloModule a\n\nENTRY e {\n  x = f32[2]{0} negate(y)\n}\n", "uses y"),
        ("HloModule a\n\nENTRY e {\n  nonsense\n}\n", "no instruction"),
        ("HloModule a\n\nENTRY e {\n  x = f32(2) parameter(0)\n}\n", "no shape"),
    ],
)
def test_text_that_is_no_hlo_is_refused(content: str, what: str) -> None:
    with pytest.raises(UserError, match=what):
        text.parse(content)


@settings(max_examples=60)
@given(st.integers(0, 7000))
def test_a_truncated_proto_is_refused_or_still_a_module(length: int) -> None:
    content = _PROTO.read_bytes()[:length]
    with contextlib.suppress(UserError):
        assert proto.parse(content).computations


@settings(max_examples=60)
@given(st.integers(0, 9000))
def test_truncated_text_is_refused(length: int) -> None:
    content = _TEXT.read_text()
    with pytest.raises(UserError):
        graph(text.parse(content[: min(length, len(content) - 3)]))


def test_files_that_are_no_modules(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        read_module(tmp_path / "none")
    bad = tmp_path / "bad.pb"
    bad.write_bytes(b"\x00\x01\x02 garbage")
    with pytest.raises(UserError, match=r"bad\.pb: no HLO module"):
        read_module(bad)


@needs_jax
def test_a_jax_function(tmp_path: Path) -> None:
    program = """
        import json
        import jax.numpy as jnp
        from cost_model.hlo.features import graph
        from cost_model.hlo.sources import from_jax

        module = from_jax(lambda x, w: jnp.tanh(x @ w), jnp.ones((8, 16)), jnp.ones((16, 32)))
        found = graph(module)
        print(json.dumps([found.node_opcode.tolist(), found.edge_index.tolist(),
                          found.node_feat[2, 21:23].tolist()]))
        """
    opcodes, edges, shape = run_jax(program, tmp_path)
    assert opcodes == [NUMBERS[name] for name in ("parameter", "parameter", "dot", "tanh")]
    assert edges == [[2, 0], [2, 1], [3, 2]]
    assert shape == [8, 32]
