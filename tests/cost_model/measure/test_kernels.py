import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cost_model.measure.convert import _noise
from cost_model.measure.models import kernels
from cost_model.measure.rounds import interleaved
from cost_model.measure.spec import ACTIVATIONS, LANES, KernelSpec


def test_the_list_is_large_varied_and_in_the_same_order_each_time() -> None:
    specs = kernels()
    assert specs == kernels()
    assert len(specs) > 900
    assert len({spec.name for spec in specs}) == len(specs)
    assert len({spec.family for spec in specs[:200]}) >= 12
    assert {spec.dtype for spec in specs} == {"float32", "float64", "bfloat16", "float16"}
    assert any(spec.lhs_transposed for spec in specs)
    assert any(spec.rhs_transposed for spec in specs)
    assert any(spec.batch for spec in specs)


@given(
    st.sampled_from(sorted(ACTIVATIONS)), st.booleans(), st.booleans(), st.booleans(),
    st.booleans(), st.sampled_from([0, 3]), st.sampled_from(sorted(LANES)),
)  # fmt: skip
def test_a_kernel_is_what_it_says(
    activation: str, bias: bool, residual: bool, lhs: bool, rhs: bool, batch: int, dtype: str
) -> None:
    spec = KernelSpec("k", "f", "m", 5, 7, 6, batch, dtype, lhs, rhs, "none", bias, activation,
                      residual)  # fmt: skip
    arguments = spec.arguments(seed=1)
    assert [a.shape for a in arguments] == spec.shapes()
    with np.errstate(over="ignore"):
        result = spec.function(np)(*arguments)
        left = np.swapaxes(arguments[0], -1, -2) if lhs else arguments[0]
        right = np.swapaxes(arguments[1], -1, -2) if rhs else arguments[1]
        expected = np.einsum("...mk,...kn->...mn", left, right)
        expected = expected + arguments[2] if bias else expected
        expected = ACTIVATIONS[activation](np, expected)
        expected = expected + arguments[-1] if residual else expected
    np.testing.assert_allclose(result, expected)


def test_rounds_are_interleaved() -> None:
    order: list[int] = []
    runs = [lambda i=i: order.append(i) for i in range(3)]
    times = interleaved(runs, rounds=5, budget_ns=10**9, realtime=False)
    assert [len(ns) for ns in times] == [5, 5, 5]
    changes = [i for i, previous in zip(order, [-1, *order], strict=False) if i != previous]
    assert changes == [0, 1, 2] * 5


def test_rounds_end_with_the_budget() -> None:
    times = interleaved([lambda: None], rounds=10**6, budget_ns=1, realtime=False)
    assert 4 <= len(times[0]) < 10**6


def test_noise_is_how_far_halves_are_apart() -> None:
    assert _noise([100, 110, 120, 130]) == 0.1
    assert _noise([100]) == 0.0
