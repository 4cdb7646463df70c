from pathlib import Path

from click.testing import CliRunner

import cost_model
from cost_model.cli.convert import convert

_DATA = Path(cost_model.__file__).parent / "data"


def test_the_published_kernels_are_those_of_the_published_log(tmp_path: Path) -> None:
    done = CliRunner().invoke(convert, [str(_DATA / "xla-cpu.log.jsonl.xz"), str(tmp_path)])
    assert done.exit_code == 0
    published = sorted((_DATA / "xla-cpu").glob("*.zip"))
    assert [path.name for path in published] == sorted(p.name for p in tmp_path.iterdir())
    for path in published:
        assert path.read_bytes() == (tmp_path / path.name).read_bytes(), path.name
