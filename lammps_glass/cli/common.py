"""Common options of all commands, logging, and tables on the screen or as JSON."""

from __future__ import annotations

import functools
import inspect
import json
import logging
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

from lammps_glass.cli.faults import INTERRUPTED
from lammps_glass.files import check_writable, disk_faults_named

_PANEL = "Common options"

Command = Callable[..., object]
"""Function of a command: its first argument is `Common`, the others are its options."""

Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Set a parameter: a dotted key and a TOML value; repeatable."),
]


@dataclass(frozen=True)
class Common:
    """Values of the options that every command takes.

    Parameters
    ----------
    seed
        Seed of all random numbers of the command; None: the default of the command or of the study.
    dry_run
        Check the input and describe what would be done; write nothing.
    verbose
        Number of ``-v``.
    quiet
        Print tables and errors only.
    log_file
        File that messages are also written to, whatever `quiet` is.
    json
        Print JSON instead of tables.
    debug
        Print a traceback with errors.
    """

    seed: Annotated[
        int | None,
        typer.Option("--seed", min=0, max=2**31 - 1, help="Seed of all that is random.", rich_help_panel=_PANEL),
    ] = None
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check, say what would be done, write nothing.", rich_help_panel=_PANEL)
    ] = False
    verbose: Annotated[
        int, typer.Option("--verbose", "-v", count=True, help="More messages; twice for all.", rich_help_panel=_PANEL)
    ] = 0
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Results and errors only.", rich_help_panel=_PANEL)] = (
        False
    )
    log_file: Annotated[
        Path | None, typer.Option("--log-file", help="Write the messages to this file too.", rich_help_panel=_PANEL)
    ] = None
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.", rich_help_panel=_PANEL)] = False
    debug: Annotated[bool, typer.Option("--debug", help="Show a traceback with errors.", rich_help_panel=_PANEL)] = (
        False
    )

    def say(self, text: str) -> None:
        """Print a line of progress or of results; nothing with ``--quiet`` or ``--json``."""
        if not (self.quiet or self.json):
            print(text)
        logging.getLogger("lammps_glass").info(text, extra={"shown": True})

    def show(self, value: object, text: str | None = None) -> None:
        """Print a result: `value` as JSON with ``--json``, else `text` (nothing with ``--quiet``)."""
        if self.json:
            print(json.dumps(value, indent=1, default=str))
        elif text is not None:
            self.say(text)

    def table(self, title: str, rows: Sequence[Mapping[str, object]]) -> None:
        """Print `rows` (with equal keys) as a table, or as a JSON list of objects."""
        if self.json:
            self.show([dict(row) for row in rows])
        else:
            _print_table(title, rows)


def _print_table(title: str, rows: Sequence[Mapping[str, object]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for name in rows[0] if rows else ():
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(_cell(value) for value in row.values()))
    wide = None if sys.stdout.isatty() else 200  # a file or a pipe has no width to fold rows into
    Console(width=wide, soft_wrap=wide is not None).print(table)


def _cell(value: object) -> str:
    """Format a number to four digits, None as nothing, anything else as text."""
    from rich.markup import escape

    return f"{value:.4g}" if isinstance(value, float) else escape("" if value is None else str(value))


def command(app: typer.Typer, name: str, *, panel: str) -> Callable[[Command], Command]:
    """Register ``function(common, ...)`` as the command `name`, with the common options after those of the function.

    `panel` is the heading of the command in ``--help``.
    """

    def register(function: Command) -> Command:
        """Register a function, and return it."""
        options, shared = _parameters(function), _parameters(Common)

        @functools.wraps(function)
        def call(**values: Any) -> object:
            """Collect the common options, and call the function; the error of a full disk names what it writes."""
            common = Common(**{key: values.pop(key) for key in shared})
            _start_logging(common)
            place = values.get("output") or values.get("out") or "the output"
            try:
                with disk_faults_named(place):
                    return function(common, **values)
            except KeyboardInterrupt:
                print("error: interrupted", file=sys.stderr)
                raise typer.Exit(INTERRUPTED) from None

        parameters = {**options, **shared}
        call.__signature__ = inspect.Signature(list(parameters.values()))  # type: ignore[attr-defined]
        call.__annotations__ = {key: parameter.annotation for key, parameter in parameters.items()}
        app.command(name, rich_help_panel=panel)(call)
        return function

    return register


def _parameters(function: Command | type[Common]) -> dict[str, inspect.Parameter]:
    """List the parameters of `function` as keyword-only ones with resolved annotations, without ``common``."""
    hints = get_type_hints(function, include_extras=True)
    return {
        name: parameter.replace(annotation=hints[name], kind=inspect.Parameter.KEYWORD_ONLY)
        for name, parameter in inspect.signature(function).parameters.items()
        if name != "common"
    }


def _start_logging(common: Common) -> None:
    """Send messages of the package to stderr (warnings; more with ``-v``) and to the log file (information)."""
    logger = logging.getLogger("lammps_glass")
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
        handler.close()
    level = logging.ERROR if common.quiet else max(logging.WARNING - 10 * common.verbose, logging.DEBUG)
    screen: logging.Handler = logging.StreamHandler()
    screen.setFormatter(logging.Formatter("%(levelname)s: %(message)s"))
    screen.setLevel(level)
    screen.addFilter(lambda record: not getattr(record, "shown", False))  # it is on the screen already
    handlers = [screen]
    if common.log_file is not None:
        if not common.log_file.is_char_device():  # a terminal takes messages too
            check_writable(common.log_file)
        file = logging.FileHandler(common.log_file, encoding="utf-8")
        file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        file.setLevel(logging.DEBUG if common.verbose > 1 else logging.INFO)
        handlers.append(file)
    for handler in handlers:
        logger.addHandler(handler)
    logger.setLevel(min(handler.level for handler in handlers))
