"""`cost-model estimate-tpu`: XLA's own tiles and estimates for a TPU, without a TPU."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click


@click.command("estimate-tpu")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--topology", default="v5e:2x2", show_default=True, help="v2:2x2 to tpu7x:2x2x1.")
@click.option("--kernels", "count", type=click.IntRange(1), help="How many; all by default.")
def estimate_tpu(folder: Path, topology: str, count: int | None) -> None:
    r"""Write kernels with the tile that XLA's TPU compiler chooses and the cycles it estimates.

    They are the compiler's estimates, not measurements: to pre-train on, and labelled so in each
    file. libtpu is proprietary (Google Cloud Platform terms) and no part of this suite: install it
    yourself, into the environment of `make setup-xla` or the one that MLGO_XLA_PYTHON names.

    \b
    .venv-xla/bin/python -m pip install --no-deps libtpu==0.0.42.1
    cost-model estimate-tpu estimates --topology v4:2x2x1 --kernels 100
    """
    from cost_model.dataset import write_kernel
    from cost_model.measure.models import kernels as listed
    from cost_model.tpu.kernels import kernels
    from mlgo.train.progress import TerminalProgress

    specs = listed(count)
    folder.mkdir(parents=True, exist_ok=True)
    progress = TerminalProgress()
    written = failed = 0
    with progress.bar("kernels", len(specs)) as advance:
        for record in _records(topology, [spec.as_json() for spec in specs]):
            failed += "error" in record
            for kernel in kernels(record, topology) if "hlo" in record else ():
                write_kernel(kernel, folder / f"{kernel.name}.npz")
                written += 1
            advance()
    progress.note(f"{written} fusions in {folder}, with estimated cycles; {failed} did not compile")


def _records(topology: str, specs: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    from cost_model.measure import environment
    from mlgo.errors import UserError

    variables = environment.variables()
    del variables["JAX_PLATFORMS"]
    probe = [str(environment.python()), "-c", "import libtpu"]
    if subprocess.run(probe, env=variables, capture_output=True, check=False).returncode:
        hint = f"{probe[0]} -m pip install --no-deps libtpu==0.0.42.1"
        raise UserError("libtpu is not installed", hint)
    command = [probe[0], "-m", "cost_model.tpu.estimate", topology]
    with subprocess.Popen(
        command, env=variables, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True,
    ) as process:  # fmt: skip
        assert process.stdin
        assert process.stdout
        try:
            for spec in specs:
                process.stdin.write(json.dumps(spec) + "\n")
                process.stdin.flush()
                answer = process.stdout.readline()
                if not answer:
                    raise UserError(f"the TPU compiler ended, for {topology} and {spec['name']}")
                yield json.loads(answer)
        except BrokenPipeError as error:
            raise UserError(f"the TPU compiler did not start for {topology}") from error
        finally:
            process.kill()
