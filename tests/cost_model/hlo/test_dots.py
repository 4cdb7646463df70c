from cost_model.hlo import text
from cost_model.hlo.dots import dots
from cost_model.hlo.features import graph

_MODULE = """HloModule two

%relu (p: f32[8,32]) -> f32[8,32] {
  %p = f32[8,32]{1,0} parameter(0)
  %zero = f32[] constant(0)
  %zeros = f32[8,32]{1,0} broadcast(%zero), dimensions={}
  ROOT %max = f32[8,32]{1,0} maximum(%p, %zeros)
}

ENTRY %main (x: f32[8,16], w: f32[16,32], v: f32[4,32], b: f64[3,8,8], h: f16[8,8]) -> f32[8,4] {
  %x = f32[8,16]{1,0} parameter(0)
  %w = f32[16,32]{1,0} parameter(1)
  %v = f32[4,32]{1,0} parameter(2)
  %b = f64[3,8,8]{2,1,0} parameter(3)
  %h = f16[8,8]{1,0} parameter(4)
  %first = f32[8,32]{1,0} dot(%x, %w), lhs_contracting_dims={1}, rhs_contracting_dims={0}
  %fused = f32[8,32]{1,0} fusion(%first), kind=kLoop, calls=%relu
  %turned = f32[32,4]{1,0} transpose(%v), dimensions={1,0}
  %half = f16[8,8]{1,0} dot(%h, %h), lhs_contracting_dims={1}, rhs_contracting_dims={0}
  %odd = f32[16,16]{1,0} dot(%x, %x), lhs_contracting_dims={0}, rhs_contracting_dims={0}
  %batch = f64[3,8,8]{2,1,0} dot(%b, %b), lhs_batch_dims={0}, lhs_contracting_dims={2}, rhs_batch_dims={0}, rhs_contracting_dims={1}
  ROOT %second = f32[8,4]{1,0} dot(%fused, %turned), lhs_contracting_dims={1}, rhs_contracting_dims={0}
}
"""  # noqa: E501


def test_products_that_the_emitter_takes_are_found() -> None:
    found = dots(text.parse(_MODULE))
    sizes = [(d.batch, d.m, d.k, d.n, d.width) for d in found]
    # Neither the one in half precision nor the one that sums over rows of both.
    assert sizes == [(1, 8, 16, 32, 4), (3, 8, 8, 8, 8), (1, 8, 32, 4, 4)]
    assert found[1].multiply_adds == 3 * 8 * 8 * 8


def test_each_comes_with_its_neighbours_alone() -> None:
    first, _, second = dots(text.parse(_MODULE))
    entry = first.kernel.computation(first.kernel.entry)
    assert [i.name for i in entry.instructions] == ["x", "w", "first", "fused"]
    assert [c.name for c in first.kernel.computations] == ["relu", "kernel.first"]
    entry = second.kernel.computation(second.kernel.entry)
    assert {i.name for i in entry.instructions} == {"first", "v", "fused", "turned", "second"}
    assert next(i for i in entry.instructions if i.name == "first").opcode == "parameter"
    for dot in (first, second):
        opcodes = graph(dot.kernel).node_opcode.tolist()
        assert opcodes.count(34) == 1


def test_a_module_with_one_product_is_its_kernel() -> None:
    single = "\n".join(
        line for line in _MODULE.splitlines() if not any(n in line for n in ("%half =", "%odd =",
        "%batch =", "%first =", "%fused ="))
    ).replace("dot(%fused, %turned)", "dot(%z, %turned)")  # fmt: skip
    single = single.replace("  %turned =", "  %z = f32[8,32]{1,0} broadcast(%x)\n  %turned =")
    module = text.parse(single)
    (only,) = dots(module)
    assert only.kernel is module
