"""``pnetlib run``: read and check the options, then call the driver.

Only the standard library is imported until the options are checked, so that ./reproduce.sh can
refuse wrong usage before it installs anything.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from pnetlib.cli.parser import Parser, no_command, print_error
from pnetlib.datasets import DEFAULT_SEED
from pnetlib.datasets.own_source import require_tables
from pnetlib.errors import PnetError, UsageError
from pnetlib.execution.engine import Engine
from pnetlib.execution.storage import given_path, writable_folder
from pnetlib.workflow.check import check_tables
from pnetlib.workflow.display import short
from pnetlib.workflow.freshness import step_records
from pnetlib.workflow.notebooks import Step, find_steps, select_steps
from pnetlib.workflow.options import Options
from pnetlib.workflow.parameters import (
    assign,
    check_profile,
    check_source,
    is_named_source,
    likely_parameter,
    typed,
)
from pnetlib.workflow.project import project_root
from pnetlib.workflow.run import Run
from pnetlib.workflow.settings import Settings, name_origin, settings_of
from pnetlib.workflow.stop import Signalled, StoppedError, requeue, requeue_notice, signals

# Parameters of notebooks that have an option of their own.
_RUN_OPTIONS = {name: f"--{name}" for name in ("profile", "out", "seed", "threads")}
_RUN_OPTIONS["source"] = "--data"
SHELL_COMMANDS = ("init", "test", "docs", "bench")  # of reproduce.sh, besides a run
NEAREST = "nearest"
READING_STEPS = "01,02,03,04,05,16"  # that follow a reading of the paper, and the claims


def usage() -> str:
    """Return the text of ``--help``, which ./reproduce.sh prints too."""
    return Path(__file__).with_name("usage.txt").read_text("utf-8")


def read_options(arguments: Sequence[str], base: Path) -> Options:
    """Return the options that `usage` describes, all of them checked.

    Relative paths start from `base`.
    """
    if arguments and not arguments[0].startswith("-"):
        raise UsageError(no_command("./reproduce.sh", arguments[0], SHELL_COMMANDS))
    parser = Parser("./reproduce.sh", add_help=False)
    parser.add_argument("--data", default="gdsc")
    parser.add_argument("--profile", default="")
    parser.add_argument("--out", default="")
    parser.add_argument("--seed", default="")
    parser.add_argument("-j", "--threads", default="0")
    parser.add_argument("--notebooks", default="")
    parser.add_argument("-p", dest="parameters", action="append", default=[])
    selection = parser.add_mutually_exclusive_group()
    selection.add_argument("--only", default="")
    selection.add_argument("--from", dest="first", default="")
    parser.add_argument("--array", nargs="?", const="")
    parser.add_argument("--backend", default="threads")
    parser.add_argument("--scheduler", default="")
    parser.add_argument("--force", action="store_true")
    parser.add_argument("--merge", action="store_true")
    parser.add_argument("--reading", default="")
    given = parser.parse_args(arguments)

    source = check_source(given.data, base, called="--data")
    if not is_named_source(source):
        require_tables(source)
    settings = settings_of(source)
    profile = check_profile(given.profile or settings.profile)
    run = Run(
        source=settings.source,
        profile=profile,
        out=str((base / given_path(given.out, "--out")).resolve())
        if given.out
        else settings.out(profile),
        seed=int(typed("--seed", given.seed, DEFAULT_SEED)) if given.seed else settings.seed,
        threads=int(typed("--threads", given.threads, 0)),
    )
    if run.own and not given.out:
        _refuse_results_of_another(run)
    folder = (
        base / given_path(given.notebooks, "--notebooks")
        if given.notebooks
        else project_root() / "notebooks"
    )
    parameters = dict(_name_and_text(word) for word in given.parameters)
    if given.reading and run.own:
        raise UsageError(
            "--reading follows other readings of the paper, which own tables do not have; leave it out."
        )
    if given.reading:
        parameters["reading"] = _reading(given.reading, run)
        own = run.folder.with_name(f"{run.folder.name}-{_folder(given.reading)}")
        run = replace(run, out=str(own))
        given.only = given.only or ("" if given.first else READING_STEPS)
    every = find_steps(folder)
    steps = select_steps(every, given.only, given.first)
    if given.reading and any("draws" in step.defaults for step in steps):
        parameters.setdefault("draws", "1")  # of the tuning folds: further ones follow the default
    Engine(given.backend, run.threads, given.scheduler)  # raises if a value is wrong
    _check_known(settings, every)
    others = run.own or bool(settings.merged(parameters, every).get("markers"))
    left_out = [step for step in steps if others and step.left_out]
    if left_out and (given.only or len(left_out) == len(steps)):
        raise UsageError(
            f"{left_out[0].name} is left out on another cohort: it {left_out[0].left_out}."
        )
    steps = [step for step in steps if step not in left_out]
    called, origins = settings.called(parameters), settings.origins(parameters)
    parameters = settings.merged(parameters, steps)
    part = None if given.array is None else _part(given.array)
    if part and (given.merge or given.force):
        raise UsageError("--array can be combined with neither --merge nor --force; leave one out.")
    # A job that Slurm has restarted continues: it must not delete the folds it has finished.
    restarted = os.environ.get("SLURM_RESTART_COUNT", "0") != "0"
    return Options(
        run,
        steps,
        assign(parameters, {step.name: step.defaults for step in steps}, called),
        force=given.force and not restarted,
        backend=given.backend,
        scheduler=given.scheduler,
        part=part,
        merge=given.merge,
        left_out=tuple(left_out),
        others=others,
        origins=origins,
        given=settings.merged(dict(map(_name_and_text, given.parameters)), every),
    )


def _refuse_results_of_another(run: Run) -> None:
    """Refuse the usual folder of results where it has those of a folder of the same name elsewhere."""
    records = step_records(run.folder).values()
    others = {record["made_from"]["source"] for record in records} - {run.source}
    if others and Path(sorted(others)[0]).name == Path(run.source).name:
        raise UsageError(
            f"{short(run.folder)} has results of {sorted(others)[0]}, another folder of the same name; "
            "name a folder for those of this one by --out."
        )


def _check_known(settings: Settings, steps: Sequence[Step]) -> None:
    """Refuse a parameter in a config that no notebook has."""
    known = {name for step in steps for name in step.defaults}
    if unknown := sorted(set(settings.parameters) - known):
        hint = likely_parameter(unknown[0], known) or "remove it from parameters."
        raise UsageError(
            f"{settings.config.name}: there is no parameter {unknown[0]} in any notebook; {hint}"
        )


def _reading(text: str, run: Run) -> str:
    """Return the decisions that a reading changes; ``nearest`` is read from the run itself."""
    if text != NEAREST:
        return text
    path = run.folder / "15_multiverse.json"
    try:
        numbers = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(
            f"--reading {NEAREST} is the reading under which most claims of the paper agree, as notebook 15 "
            f"of the run {run.folder.name} found it, but that run has none; run ./reproduce.sh first, or "
            "name a reading, such as --reading 'lines=solid; size=80'."
        ) from error
    own, default = numbers["together"]["agrees"]["reading"], numbers["default"]
    changed = {name: own[name] for name in own if own[name] != default[name]}
    return "; ".join(f"{name}={option}" for name, option in changed.items())


def _folder(reading: str) -> str:
    return NEAREST if reading == NEAREST else "reading"


def _check_searches(options: Options) -> None:
    """Refuse a search that no step can read before any step runs; it is read with NumPy."""
    for given in options.parameters.values():
        if text := given.get("search"):
            from pnetlib.solvers.search import read_rule

            try:
                read_rule(text)
            except PnetError as error:
                name_origin(error, options.origins)
                raise


def _part(text: str) -> tuple[int, int]:
    """Return part and number of parts from ``K/M``, or from Slurm's array if the text is empty."""
    if not text:
        names = [f"SLURM_ARRAY_TASK_{name}" for name in ("ID", "MIN", "COUNT")]
        if not all(os.environ.get(name, "").isdecimal() for name in names):
            raise UsageError("--array needs K/M, such as 3/20, outside an array job of Slurm.")
        task, first, count = (int(os.environ[name]) for name in names)
        text = f"{task - first + 1}/{count}"
    k, slash, m = text.partition("/")
    if not (slash and k.isdecimal() and m.isdecimal() and 1 <= int(k) <= int(m)):
        raise UsageError(f"--array is {text!r}, but must be K/M with K from 1 to M, such as 3/20.")
    return int(k), int(m)


def _name_and_text(word: str) -> tuple[str, str]:
    name, equals, text = word.partition("=")
    if not equals or not name:
        raise UsageError(f"-p {word} must have the form NAME=VALUE, such as -p n_genes=500.")
    if name in _RUN_OPTIONS:
        raise UsageError(f"-p cannot set {name}; use {_RUN_OPTIONS[name]}.")
    return name, text


def main(arguments: Sequence[str]) -> int:
    """Carry out a command and return its exit code; ``--check`` only checks options and own tables."""
    if {"-h", "--help"} & set(arguments):
        print(usage(), end="")
        return 0
    with signals():
        try:
            return _carry_out(arguments)
        except Signalled as error:
            raise error.error("outside any step", "as before") from error
        except StoppedError as error:
            code = print_error(error, requeue_notice(error))
            if refused := requeue(error):
                print_error(PnetError(refused))
            return code


def _carry_out(arguments: Sequence[str]) -> int:
    actions = {"--check", "--status"}
    options = read_options([word for word in arguments if word not in actions], Path.cwd())
    if "--check" in arguments:
        folder = options.run.folder
        writable_folder(next(at for at in (folder, *folder.parents) if os.path.exists(at)))
        with suppress(ModuleNotFoundError):  # before an installation
            _check_searches(options)
        if said := check_tables(options):
            print(said)
        return 0
    _check_searches(options)
    from pnetlib.workflow import driver

    if "--status" in arguments:
        driver.print_status(options)
    elif options.part is not None:
        driver.compute_part(options)
    else:
        driver.drive(options)
    return 0
