"""`plan` and `explain` on real files."""

import shutil
from pathlib import Path

import pytest

from tests.telamalloc.cli.conftest import Run

SINE = "python/tflite_micro/sine_float.tflite"


@pytest.fixture
def sine(tmp_path: Path) -> Path:
    """A real model that PyPI's tflite-micro ships."""
    package = pytest.importorskip("tflite_micro", reason="needs the extra tflm")
    return Path(shutil.copy(Path(package.__file__).parent / SINE, tmp_path / "sine.tflite"))


def test_a_model_is_planned_proved_and_valid(cli: Run, sine: Path, tmp_path: Path) -> None:
    done = cli("plan", sine, "-o", "planned.tflite", "--header", "sine.h", "--prove")
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert "identical outputs" in done.stderr
    assert cli("validate", "planned.tflite").returncode == 0
    assert "#define SINE_ARENA_SIZE" in (tmp_path / "sine.h").read_text()
    assert cli("validate", sine).returncode == 2  # it carries no plan


def test_a_corrupted_plan_fails_the_check(cli: Run, sine: Path, tmp_path: Path) -> None:
    from telamalloc.formats.tflm.metadata import read_offsets, with_offsets
    from telamalloc.formats.tflm.model import read_model

    cli("plan", sine, "-o", "planned.tflite")
    model = read_model(tmp_path / "planned.tflite")
    offsets = read_offsets(model)
    assert offsets is not None
    offsets[offsets > 0] = 0
    (tmp_path / "corrupted.tflite").write_bytes(with_offsets(model, offsets))
    done = cli("validate", "corrupted.tflite")
    assert done.returncode == 1
    assert "overlap" in done.stderr


def test_no_plan_no_file(cli: Run, sine: Path, tmp_path: Path) -> None:
    done = cli("plan", sine, "-o", "planned.tflite", "-c", 16)
    assert done.returncode == 3
    assert not (tmp_path / "planned.tflite").exists()


def test_a_model_cut_short(cli: Run, sine: Path, tmp_path: Path) -> None:
    (tmp_path / "cut.tflite").write_bytes(sine.read_bytes()[:400])
    done = cli("plan", "cut.tflite", "-o", "planned.tflite")
    assert done.returncode == 2
    assert "flatbuffer" in done.stderr
    assert not (tmp_path / "planned.tflite").exists()


def test_maps_of_a_model(cli: Run, models: Path, tmp_path: Path) -> None:
    model = models / "branchy.tflite"
    assert cli("explain", model, "-o", "map.html").returncode == 0
    html = (tmp_path / "map.html").read_text()
    assert html.count("<svg") == 2
    assert "TensorFlow Lite Micro" in html
    cli("plan", model, "-o", "planned.tflite")
    assert cli("explain", "planned.tflite", "-o", "map.svg").returncode == 0
    assert (tmp_path / "map.svg").read_text().startswith("<svg")


def test_maps_of_a_csv_before_and_after(cli: Run, two: Path, tmp_path: Path) -> None:
    (tmp_path / "old.csv").write_text("id,offset\na,20\nb,4\n")
    assert cli("explain", two, "--before", "old.csv", "-o", "map.html").returncode == 0
    assert "-50.0%" in (tmp_path / "map.html").read_text()
