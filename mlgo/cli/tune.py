"""`mlgo tune`: searches the decisions of one program."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mlgo.errors import UserError

if TYPE_CHECKING:
    from mlgo.corpus.program import Program
    from mlgo.rollout.compiler import PluginCompiler
    from mlgo.tune.result import ProgramTuning, Tuning


@click.group()
def tune() -> None:
    """Searches the decisions of your own program, with a policy as the start."""


@tune.command()
@click.option(
    "--compile-commands",
    "database",
    type=click.Path(path_type=Path),
    help="The compile_commands.json of your build; the build is only read.",
)
@click.option(
    "--link",
    "links",
    multiple=True,
    metavar="COMMAND",
    help="A link command, if CMake's or Ninja's files do not tell; may be repeated.",
)
@click.option(
    "--program",
    "names",
    multiple=True,
    metavar="NAME",
    help="A program of the corpus instead; may be repeated.",
)
@click.option(
    "--budget", type=click.IntRange(4), default=100, show_default=True, help="Compiles a module."
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("build/tune"),
    show_default=True,
    help="Folder for state and results. A run that was stopped goes on from it.",
)
@click.option(
    "--policy",
    "kind",
    type=click.Choice(["learned", "default"]),
    default="learned",
    show_default=True,
    help="What decides calls that the result does not list: the model in the plugin, or LLVM.",
)
@click.option("--lto", is_flag=True, help="Search the link of a full-LTO build instead.")
@click.option("--jobs", "-j", type=click.IntRange(1), default=2, show_default=True)
@click.option("--seed", default=0, show_default=True, help="Of what is tried when.")
def inlining(**options: Any) -> None:
    r"""Finds decisions that make one program smaller than any policy does.

    First about inlining, then about code generation. Writes OUTPUT/NAME/decisions.tsv, a list of
    decisions to keep beside your sources, and prints the flags to build with it (also in
    OUTPUT/NAME/flags.sh). What comes out is linked and compared: it is never bigger than stock
    -Oz. The result as JSON and HTML: OUTPUT/tune.*.

    \b
    cmake -B build -DCMAKE_EXPORT_COMPILE_COMMANDS=ON && cmake --build build
    mlgo tune inlining --compile-commands build/compile_commands.json --budget 100
    eval "$(cat build/tune/NAME/flags.sh)"     then build again

    Ctrl-C stops it with the best so far written; the same command goes on. With the same seed,
    --jobs changes nothing but the waiting, and a stopped run ends as an uninterrupted one.
    """
    from mlgo.plugin.build import plugin_path
    from mlgo.rollout.compiler import PluginCompiler
    from mlgo.toolchain import find_toolchain
    from mlgo.tune.document import summary

    if bool(options["database"]) == bool(options["names"]):
        raise UserError(
            "what is to be tuned?", hint="give --compile-commands FILE or --program NAME"
        )
    compiler = PluginCompiler(find_toolchain(22), plugin_path(22))
    output: Path = options["output"]
    output.mkdir(parents=True, exist_ok=True)
    programs = _programs(options, output)
    found = []
    for folder, program in programs:
        found.append(_tune(compiler, folder, program, options))
        _write(_tuning(compiler, options, found), output)
    click.echo(summary(tuple(found)), nl=False, err=bool(options["database"]))
    if options["database"]:
        click.echo((output / programs[0][1].name / "flags.sh").read_text(), nl=False)


def _programs(options: dict[str, Any], output: Path) -> list[tuple[Path, Program]]:
    from mlgo import paths
    from mlgo.corpus.assemble import Settings
    from mlgo.corpus.compile_commands import add_compile_commands
    from mlgo.corpus.program import load_program

    if not options["database"]:
        return [(paths.corpus() / n, load_program(paths.corpus() / n)) for n in options["names"]]
    settings = Settings(corpus=output / "program", jobs=options["jobs"])
    program = add_compile_commands(options["database"], None, options["links"], settings)
    return [(output / "program" / program.name, program)]


def _tune(
    compiler: PluginCompiler, folder: Path, program: Program, options: dict[str, Any]
) -> ProgramTuning:
    from rich.console import Console
    from rich.progress import Progress

    from mlgo.policy import Policy
    from mlgo.tune.lto import LtoTuner
    from mlgo.tune.program import Tuner
    from mlgo.tune.state import Params

    work = (options["output"] / program.name).absolute()
    _check_settings(work, folder, compiler, options)
    console = Console(stderr=True)
    click.echo(f"tuning {program.name}: {len(program.modules)} modules", err=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        searched = program.links if options["lto"] else program.modules
        task = bar.add_task(program.name, total=len(searched) * options["budget"])
        spent: dict[str, int] = {}

        def tick(module: str, compiles: int) -> None:
            spent[module] = compiles
            bar.update(task, completed=sum(spent.values()))

        policy, params = Policy(options["kind"]), Params(seed=options["seed"])
        budget, jobs = options["budget"], options["jobs"]
        make = LtoTuner if options["lto"] else Tuner
        tuner = make(compiler, folder, program, work, policy, budget, jobs, params, tick)
        try:
            result = tuner.run()
        except KeyboardInterrupt as error:
            hint = f"the same command goes on; the best so far: {tuner.decisions}"
            raise UserError("interrupted", hint=hint, exit_code=130) from error
    _write_flags(compiler, result, work, options["kind"])
    return result


def _check_settings(
    work: Path, folder: Path, compiler: PluginCompiler, options: dict[str, Any]
) -> None:
    """Remembers what a state was made with; refuses to go on with something else."""
    from mlgo.atomic import write_text
    from mlgo.corpus.program import MANIFEST

    manifest = hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest()
    plugin = hashlib.sha256(compiler.plugin.read_bytes()).hexdigest()
    text = f"{manifest} {plugin} {options['kind']} {options['seed']}\n"
    text = text if not options["lto"] else f"lto {text}"
    file = work / "settings"
    if file.exists() and file.read_text() != text:
        raise UserError(
            f"{work} was made with another program, plugin, policy or seed",
            hint="delete it, or choose another --output",
        )
    work.mkdir(parents=True, exist_ok=True)
    write_text(file, text)


def _write_flags(compiler: PluginCompiler, result: ProgramTuning, work: Path, kind: str) -> None:
    import dataclasses

    from mlgo.atomic import write_text
    from mlgo.flags import CONTROL, make_flags, write_flags
    from mlgo.plugin.build import DEFAULT_POLICY

    policy = CONTROL if kind == "default" else DEFAULT_POLICY
    flags = make_flags(policy, compiler.plugin, compiler.toolchain.release, lto=result.lto)
    if result.lto and result.kept == "stock":
        link = tuple(word for word in flags.link if "plugin" not in word)
        flags = dataclasses.replace(flags, compile=("-Oz", "-flto"), link=link, environment=())
    elif result.lto:
        listed = (("MLGO_DECISIONS", result.decisions),)
        flags = dataclasses.replace(flags, environment=(*flags.environment, *listed))
    else:
        words = (*flags.compile, "-mllvm", f"-mlgo-decisions={result.decisions}")
        if result.kept == "stock":
            words += ("-mllvm", "-mlgo-size-order=off", "-mllvm", "-mlgo-passes=off")
        flags = dataclasses.replace(flags, compile=words)
    write_text(work / "flags.sh", write_flags(flags, "shell"))


def _tuning(
    compiler: PluginCompiler, options: dict[str, Any], found: Sequence[ProgramTuning]
) -> Tuning:
    from mlgo.tune.result import Tuning

    digest = hashlib.sha256(compiler.plugin.read_bytes()).hexdigest()
    command = ["mlgo", "tune", "inlining", "--policy", options["kind"]]
    command += ["--lto"] if options["lto"] else []
    command += ["--budget", str(options["budget"]), "--seed", str(options["seed"])]
    for name in options["names"]:
        command += ["--program", name]
    if options["database"]:
        command += ["--compile-commands", str(options["database"])]
        command += [word for link in options["links"] for word in ("--link", link)]
    version = compiler.toolchain.version
    return Tuning(tuple(command), version, digest, options["kind"], options["budget"], tuple(found))


def _write(tuning: Tuning, output: Path) -> None:
    from mlgo import report
    from mlgo.atomic import write_text
    from mlgo.tune.document import to_json
    from mlgo.tune.page import tune_page

    write_text(output / "tune.json", to_json(tuning))
    report.write(tune_page(tuning), output / "tune.html")
