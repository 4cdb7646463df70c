"""Options that several subcommands share; the solver's switches come from their dataclass."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any, TypeVar

import click

from telamalloc.atomic import check_folder
from telamalloc.engine import Effort, Engine
from telamalloc.problem import LIMIT
from telamalloc.solver import SolverParams, StopFlag

_Command = TypeVar("_Command", bound=Callable[..., Any])

_UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30}


class OutputFile(click.Path):
    """A file to write. That its folder is missing is found before the work, not after."""

    def __init__(self) -> None:
        super().__init__(dir_okay=False)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Returns the path.

        Raises:
            TelamallocError: there is no such folder.
        """
        path = Path(str(super().convert(value, param, ctx)))
        check_folder(path)
        return path


def parse_bytes(text: str | int) -> int:
    """A number of bytes, written as 1048576, 1024K, 1M or 1MiB.

    Raises:
        click.BadParameter: it is none.
    """
    match = re.fullmatch(r"(\d+)\s*([KMG]?)(?:i?B)?", str(text).strip(), re.IGNORECASE)
    if not match:
        raise click.BadParameter(f"{text!r} is no number of bytes, such as 65536, 64K or 1M")
    number = int(match[1]) * _UNITS[match[2].upper()]
    if not 0 < number <= LIMIT:
        raise click.BadParameter(f"{text} is out of range")
    return number


def capacity_option(command: _Command) -> _Command:
    """`--capacity`."""
    return click.option(
        "-c",
        "--capacity",
        type=parse_bytes,
        metavar="BYTES",
        help="Bytes of the preferred bank, e.g. 1048576, 1M. Else the number in the file's name.",
    )(command)


def effort_options(command: _Command) -> _Command:
    """`--engine` and every switch of the solver."""
    command = dataclass_options(SolverParams)(command)
    return click.option(
        "--engine",
        type=click.Choice([engine.value for engine in Engine]),
        default=Engine.AUTO.value,
        show_default=True,
        help="core: the C++ search. cpsat: OR-Tools. auto: the core, then CP-SAT if it gives up.",
    )(command)


def dataclass_options(documented: Any) -> Callable[[_Command], _Command]:
    """An option for each field of a dataclass, its help from the docstring's `Attributes:`."""
    texts = _attribute_texts(documented)

    def decorate(command: _Command) -> _Command:
        for switch in reversed(fields(documented)):
            command = _switch_option(switch, texts.get(switch.name, ""))(command)
        return command

    return decorate


def effort_of(options: dict[str, Any], stop: StopFlag) -> Effort:
    """The effort that the options ask for."""
    switches = {switch.name: options[switch.name] for switch in fields(SolverParams)}
    return Effort(Engine(options["engine"]), SolverParams(**switches), stop)


def _switch_option(switch: Field[Any], text: str) -> Callable[[_Command], _Command]:
    flag = "--" + switch.name.replace("_", "-")
    assert switch.default is not MISSING
    if isinstance(switch.default, bool):
        flag = f"{flag}/--no-{flag[2:]}"
    kind: Any = None if isinstance(switch.default, bool) else type(switch.default)
    if switch.name == "timeout":
        kind = click.FloatRange(min=0)
    return click.option(
        flag, switch.name, type=kind, default=switch.default, show_default=True,
        help=text[:1].upper() + text[1:],
    )  # fmt: skip


def _attribute_texts(documented: type) -> dict[str, str]:
    """The `Attributes:` of a Google docstring, by name."""
    text = inspect.cleandoc(documented.__doc__ or "").partition("Attributes:\n")[2]
    entries = re.findall(r"^    (\w+): (.*(?:\n {8,}.*)*)", text, re.MULTILINE)
    return {name: " ".join(words.split()) for name, words in entries}
