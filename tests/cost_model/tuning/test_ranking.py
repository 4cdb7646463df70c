from pathlib import Path

import numpy as np
from click.testing import CliRunner

from cost_model.cli.featurize import featurize
from cost_model.dataset import read_kernel
from cost_model.hlo import text
from cost_model.hlo.dots import dots
from cost_model.kernel import Floats, Kernel
from cost_model.tile import DEFAULT, Tile, is_safe
from cost_model.tuning.ranking import legal_for_all, ranked

_LINE = (
    "f32[{m},{n}]{{1,0}} dot(%a{i}, %b{i}), lhs_contracting_dims={{1}}, rhs_contracting_dims={{0}}"
)
_DATA = Path(__file__).parents[1] / "testdata"


def _module(*sizes: tuple[int, int, int]) -> str:
    lines = ["HloModule products", "", "ENTRY %main {"]
    for i, (m, k, n) in enumerate(sizes):
        lines.append(f"  %a{i} = f32[{m},{k}]{{1,0}} parameter({2 * i})")
        lines.append(f"  %b{i} = f32[{k},{n}]{{1,0}} parameter({2 * i + 1})")
        lines.append(f"  %dot.{i} = {_LINE.format(m=m, n=n, i=i)}")
    return "\n".join([*lines, "}", ""])


def test_a_tile_must_be_safe_for_every_product_of_the_module() -> None:
    found = dots(text.parse(_module((16, 16, 48), (16, 16, 512))))
    tiles = legal_for_all(found)
    assert Tile(4, 4, 3) in legal_for_all(found[:1])
    assert Tile(4, 4, 3) not in tiles
    assert DEFAULT in tiles
    assert all(is_safe(tile, n, 8) for tile in tiles for n in (48, 512))


def test_the_larger_product_decides() -> None:
    found = dots(text.parse(_module((8, 8, 16), (64, 64, 64))))

    def scores(kernel: Kernel) -> Floats:
        rows = kernel.config_feat[:, 8]
        small = (kernel.node_feat[:, 28] == 128).any()
        return np.asarray(rows if small else -rows, np.float32) / 100

    order = ranked(found, scores)
    assert order[0].m == max(tile.m for tile in order)
    assert ranked(found[:1], scores)[0].m == 1


def test_featurize_writes_a_kernel_per_product(tmp_path: Path) -> None:
    source = tmp_path / "module.txt"
    source.write_text(_module((8, 8, 16), (64, 64, 64)))
    done = CliRunner().invoke(featurize, [str(source), str(tmp_path / "out")])
    assert done.exit_code == 0
    assert len(done.stdout.splitlines()) == 2
    kernel = read_kernel(tmp_path / "out/dot.1.npz")
    assert not kernel.measured
    assert kernel.metadata["tiles"][kernel.default_index] == str(DEFAULT)
    assert kernel.configs == len(kernel.metadata["tiles"]) > 100


def test_featurize_reads_protobuf(tmp_path: Path) -> None:
    done = CliRunner().invoke(featurize, [str(_DATA / "network.hlo.pb"), str(tmp_path)])
    assert done.exit_code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["dot_general.1.npz"]
