import subprocess
import sys
from pathlib import Path

from tests.cost_model.jax_environment import needs_jax, run_jax

_LAYER = """
import json, jax, jax.numpy as jnp, numpy as np
import cost_model
from cost_model.tile import Tile, is_safe
rng = np.random.default_rng(0)
def layer(p, x):
    return jax.nn.relu(x @ p["w"] + p["b"]) @ p["v"], x.sum()
p = {"w": rng.standard_normal((64, 96)), "b": rng.standard_normal(96),
     "v": rng.standard_normal((96, 40))}
p = jax.tree.map(lambda a: jnp.asarray(a, "float32"), p)
x = jnp.asarray(rng.standard_normal((24, 64)), "float32")
"""


@needs_jax
def test_tune_ranks_measures_remembers_and_computes_the_same(tmp_path: Path) -> None:
    found = run_jax(
        _LAYER
        + """
ranked = cost_model.tune(layer, p, x)
layer = jax.jit(layer)
measured = cost_model.tune(layer, p, x, measure=2)
again = cost_model.tune(layer, p, x, measure=2)
plain = layer(p, x)
error = max(float(abs(a - b).max()) for t in (ranked, measured, again)
            for a, b in zip(t(p, x), plain))
forced = ranked.compiled.runtime_executable()
from cost_model.xla.compiler import Compiler, machine_code
stock = jax.jit(layer).lower(p, x).compile().runtime_executable()
print(json.dumps({
    "sources": [ranked.choice.source, measured.choice.source, again.choice.source],
    "products": ranked.choice.products, "tile": str(ranked.choice.tile),
    "safe": all(is_safe(ranked.choice.tile, n, 8) for n in (96, 40)),
    "times": sorted(measured.choice.times_ns), "same": again.choice.tile == measured.choice.tile,
    "error": error, "differs": machine_code(forced) != machine_code(stock)}))
""",
        tmp_path,
    )
    assert found["sources"] == ["ranked", "measured", "cached"]
    assert found["products"] == [[1, 24, 64, 96], [1, 24, 96, 40]]
    assert found["safe"]
    assert found["same"]
    assert found["differs"]
    assert {"stock", "11:9:1*vectwidth"} <= set(found["times"])
    assert found["error"] < 1e-3
    assert len(list((tmp_path / "tiles").glob("*.json"))) == 2


@needs_jax
def test_an_xla_that_ignores_tiles_is_reported_by_version(tmp_path: Path) -> None:
    found = run_jax(
        _LAYER
        + """
from cost_model.xla.compiler import Compiler
from mlgo.errors import UserError
Compiler.tiled = lambda self, module, tile: self.stock(module)  # as an older XLA does
try:
    cost_model.tune(layer, p, x)
    print(json.dumps("no error"))
except UserError as error:
    print(json.dumps(str(error)))
""",
        tmp_path,
    )
    assert found.startswith("the XLA of jaxlib ")
    assert "ignores" in found


@needs_jax
def test_a_function_without_products_is_left_alone(tmp_path: Path) -> None:
    found = run_jax(
        _LAYER
        + """
tuned = cost_model.tune(lambda x: x * 2, x)
print(json.dumps([str(tuned.choice.tile), tuned.choice.source, float(tuned(x).sum() / x.sum())]))
""",
        tmp_path,
    )
    assert found == ["None", "no product", 2.0]


@needs_jax
def test_the_command_runs_a_script_unchanged(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import sys, jax, jax.numpy as jnp\n"
        "x, w = jnp.ones((32, 64)), jnp.ones((64, 96))\n"
        "print(sys.argv[1:], float(jax.jit(lambda x, w: x @ w)(x, w).sum()))\n"
        "sys.exit(3)\n"
    )
    command = [
        sys.executable, "-c", "from cost_model.cli import main; main()", "tune", "--measure", "1",
        "--no-remember", "--json", str(tmp_path / "choices.json"), str(script), "--batch", "2",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 3, done.stderr
    assert done.stdout == "['--batch', '2'] 196608.0\n"
    assert "1x32x64x96" in done.stderr
    assert '"products"' in (tmp_path / "choices.json").read_text()


@needs_jax
def test_a_bad_model_is_an_error_before_the_script_runs(tmp_path: Path) -> None:
    script, model = tmp_path / "script.py", tmp_path / "model"
    script.write_text("print('ran')\n")
    model.write_text("{}\n")
    command = [
        sys.executable, "-c", "from cost_model.cli import main; main()", "tune", "--model",
        str(model), str(script),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode != 0
    assert done.stdout == ""
    assert "is no model of `cost-model train`" in done.stderr
    assert "Traceback" not in done.stderr
