import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from cost_model.dataset import read_kernels
from cost_model.kernel import Floats, Kernel
from cost_model.measure.bench import RIVALS, contest, ranked_tiles, speedup
from cost_model.measure.bench_page import document, page
from cost_model.measure.spec import KernelSpec
from cost_model.tile import DEFAULT, Tile, legal
from mlgo.report import render
from tests.cost_model.jax_environment import needs_jax

_DATA = Path(__file__).parents[3] / "cost_model/data/xla-cpu"


def _record(name: str, times: dict[str, list[int]]) -> dict[str, object]:
    spec = KernelSpec(name, "family", "model", 8, 16, 32)
    candidates = [{"name": n, "ns": ns, "status": "measured"} for n, ns in times.items()]
    return {"spec": spec.as_json(), "candidates": candidates}


_TIMES = {
    "4:4:2*vectwidth": [100, 110, 100, 110],
    "8:2:2*vectwidth": [90, 120, 95, 125],
    str(DEFAULT): [150, 160, 150, 170],
    "eigen": [105, 130, 99, 120],
    "ynn": [120, 120, 120, 120],
}


def test_the_first_tile_competes_and_luck_does_not_count() -> None:
    found = contest(_record("k", _TIMES))
    assert found
    assert found.chosen == "4:4:2*vectwidth"
    assert found.speedup("default") == 1.5
    assert found.speedup("library") == found.speedup("eigen") == 0.99
    # The fastest of the few in the even rounds is 8:2:2; its odd rounds judge it.
    assert found.best_of_few_ns == 120
    assert found.speedup_of_few == 160 / 120


def test_a_kernel_without_a_side_is_no_contest() -> None:
    assert contest(_record("k", {**_TIMES, "ynn": []})) is None


def test_speedups_are_summed_up() -> None:
    found = speedup([2.0, 0.5, 1.0, 0.96])
    assert found.mean == pytest.approx(0.96**0.25)
    assert found.low < found.mean < found.high
    assert found.worst == 0.5
    assert found.slower == 2
    assert speedup([2.0, 0.5, 1.0, 0.96]) == found


def test_all_legal_tiles_are_ranked() -> None:
    kernel = next(k for k in read_kernels(_DATA) if k.metadata["lanes"] == 8)
    spec = KernelSpec(**kernel.metadata["spec"])
    tiles = legal(spec.m, spec.k, spec.n, 8)

    def small_first(asked: Kernel) -> Floats:
        assert asked.configs == len(tiles)
        return np.asarray(asked.config_feat[:, [7, 15, 23]].sum(axis=1), np.float32)

    drawn = ranked_tiles([kernel], small_first, 3)(spec)
    assert drawn[0] == Tile(1, 1, 1)
    assert drawn[-1] == DEFAULT
    assert len(drawn) == 4


def test_the_report_says_who_loses() -> None:
    contests = [contest(_record(f"k{i}", _TIMES)) for i in range(3)]
    known = [found for found in contests if found]
    facts = {"machine": "m", "model": "<b>", "xla": "x", "realtime": True, "command": "c"}
    written = document(known, 5, facts)
    json.dumps(written)
    assert len(written["kernels"]) == 3
    text = render(page(known, 5, facts))
    assert "against the default tile" in text
    assert "<b>" not in text
    for rival in RIVALS:
        assert rival in text


@needs_jax
def test_the_shipped_model_is_timed_on_kernels_it_has_not_seen(tmp_path: Path) -> None:
    command = [
        sys.executable, "-c", "from cost_model.cli import main; main()", "bench", str(_DATA),
        "--kernels", "2", "--few", "2", "--rounds", "4", "--output", str(tmp_path / "bench.html"),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert rows[1][0] == "XLA's default tile of the same emitter"
    assert rows[1][-1].endswith("of 2")
    written = json.loads((tmp_path / "bench.json").read_text())
    families = {kernel["spec"]["family"] for kernel in written["kernels"]}
    assert families <= {"lstm", "mobilenet", "resnet", "t5"}
    assert "How to repeat this" in (tmp_path / "bench.html").read_text()
