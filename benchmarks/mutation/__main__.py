"""``python -m benchmarks.mutation readers|kernels``: run a sample of mutants against the tests.

cosmic-ray (``pip install cosmic-ray``) makes the mutants. Each is written into a copy of the code,
in which a process of its own runs the tests of the module; the first that fails ends it, and so
does a time limit. Kernels run without compilation, as numba would compile each mutant anew.
"""

import argparse
import ast
import difflib
import importlib
import json
import multiprocessing
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import cosmic_ray.plugins
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import use_mutation
from cosmic_ray.work_item import MutationSpec

from benchmarks.mutation.operators import Provider

ROOT = Path(__file__).resolve().parents[2]
DATASETS = "tests/datasets/test_"
READERS = ("cells", "delimited", "own_tables", "gdsc_official", "drugs")
# Tests of kernels through the solvers that call them; all tests of the solvers would take too long.
SOLVERS = [f"tests/solvers/test_{name}.py" for name in ("network", "shared")] + [
    f"tests/solvers/test_{name}"
    for name in (
        "joint.py::test_lagged_edge_weights_hold_the_degrees",
        "joint.py::test_edge_weights_stop_at_zero",
        "joint.py::test_response_column_is_the_stacked_regression",
        "joint.py::test_sweep_solves_the_columns_in_turn",
        "joint.py::test_gaps_of_columns_coupled_to_the_response_are_theirs",
        "rows.py::test_rows_that_are_not_stored_are_the_stored_ones",
        "starts.py::test_value_and_costs_of_flips_are_those_of_the_objective",
    )
]
GROUPS = {
    "readers": {
        f"pnetlib/datasets/{name}.py": [f"{DATASETS}{name}*.py", f"{DATASETS}read*.py"]
        + [f"{DATASETS}{other}.py" for other in (*READERS, "screens")]
        for name in READERS
    },
    "kernels": {
        f"pnetlib/kernels/{name}.py": [f"tests/kernels/test_{name}*.py", "tests/kernels/*.py", *SOLVERS]
        for name in ("column", "edges", "graph", "products", "theta")
    },
}
# Of the many replacements of an arithmetic operator by another, those that are hardest to notice.
ARITHMETIC = ("Add_Sub", "Sub_Add", "Mul_Div", "Div_Mul", "Mul_Add", "Pow_Mul", "Mod_Mul")
ARITHMETIC += ("FloorDiv_Div", "BitAnd_BitOr", "BitOr_BitAnd")


def wanted(name):
    """Return whether an operator of cosmic-ray is used."""
    kind = name.rpartition("/")[2]
    if kind.startswith("ReplaceBinaryOperator"):
        return kind.removeprefix("ReplaceBinaryOperator_") in ARITHMETIC
    return kind != "RemoveDecorator"  # it only makes a kernel plain Python


def meaning(code):
    """Return the syntax tree as text, without annotations and decorators; None if it is no Python."""
    try:
        tree = ast.parse(code)
    except SyntaxError:
        return None
    for node in ast.walk(tree):
        if isinstance(node, ast.arg):
            node.annotation = None
        elif isinstance(node, ast.FunctionDef):
            node.returns, node.decorator_list = None, []
        elif isinstance(node, ast.AnnAssign):
            node.annotation = ast.Constant(0)
    return ast.dump(tree)


def all_mutants(path):
    """Return every mutation of a module as operator, occurrence and place."""
    nodes = list(ast_nodes(get_ast((ROOT / path).read_text())))
    found = []
    for name in filter(wanted, cosmic_ray.plugins.operator_names()):
        kind = cosmic_ray.plugins.get_operator(name)
        if kind.arguments():
            continue
        places = (place for node in nodes for place in kind().mutation_positions(node))
        found += [MutationSpec(path, name, at, *place) for at, place in enumerate(places)]
    return found


def tests_of(path, group):
    """Return the arguments of pytest that test a module."""
    globs = GROUPS[group][path]
    files = [name for glob in globs for name in sorted(map(str, Path().glob(glob))) or [glob]]
    files = [name for name in dict.fromkeys(files) if "/test_" in name and "*" not in name]
    plugins = [f"no:{name}" for name in ("cacheprovider", "nbval", "xdist")]
    options = ["-x", "-q", "--tb=no", "-W", "ignore", "-o", "addopts=", "-o", "filterwarnings="]
    return [*options, *(word for plugin in plugins for word in ("-p", plugin)), *files]


def enter_copy(folder):
    """Make a copy of the code for this process, go there, and load the libraries that it uses."""
    cosmic_ray.plugins.OPERATOR_PROVIDERS["pnetlib"] = Provider()
    here = Path(tempfile.mkdtemp(dir=folder))
    for name in ("pnetlib", "tests", "benchmarks"):
        shutil.copytree(ROOT / name, here / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", here)
    os.chdir(here)
    (here / "scratch").mkdir()
    (here / "cache").mkdir()  # empty: checks against the packaged source take most of the time
    os.environ.update(
        PNETLIB_TESTS=str(here / "scratch"),
        PNETLIB_CACHE=str(here / "cache"),
        PNETLIB_TEST_GDSC=str(here / "none"),
        PYTHONPATH=str(here),
        NUMBA_DISABLE_JIT="1",
    )
    for name in ("numba", "pandas", "scipy.stats", "sklearn.linear_model", "hypothesis", "pytest"):
        importlib.import_module(name)  # once, rather than for each mutant
    importlib.import_module("python_calamine")
    sys.path[:] = [str(here), *(entry for entry in sys.path if entry not in ("", str(ROOT)))]


def run_tests(arguments, log, limit):
    """Run pytest in this process, a child of the one that loaded the libraries."""
    sys.dont_write_bytecode = limit is not None
    if limit is not None:  # of the processor, as other programs may slow this one down
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 1))
    with open(log, "w") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    import hypothesis
    import pytest

    quick = [hypothesis.Phase.explicit, hypothesis.Phase.generate]  # no search for a shorter example
    hypothesis.settings.register_profile("mutants", phases=quick, database=None)
    hypothesis.settings.load_profile("mutants")
    os._exit(int(pytest.main(arguments)))


def outcome_of(arguments, limit=None):
    """Return how the tests ended, and what they printed."""
    log = Path("scratch", "log.txt")
    child = multiprocessing.get_context("fork").Process(
        target=run_tests, args=(arguments, log, limit)
    )
    child.start()
    child.join()
    if child.exitcode in (-signal.SIGXCPU, -signal.SIGKILL):
        return "timeout", ""
    return ("killed" if child.exitcode else "survived"), log.read_text()


def baseline(group, path):
    """Return whether the tests pass without a mutation, the seconds they take and their words."""
    outcome, output = outcome_of(tests_of(path, group))
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return outcome == "survived", used.ru_utime + used.ru_stime, output


def name(mutation):
    """Return what distinguishes a mutant from the others."""
    return {
        "module": str(mutation.module_path),
        "operator": mutation.operator_name,
        "occurrence": mutation.occurrence,
    }


def run_mutant(group, mutation, limit):
    """Return what became of one mutant."""
    path = str(mutation.module_path)
    operator = cosmic_ray.plugins.get_operator(mutation.operator_name)()
    with use_mutation(mutation.module_path, operator, mutation.occurrence) as (before, after):
        if meaning(after) in (None, meaning(before)):
            return {**name(mutation), "outcome": "same"}
        outcome, output = outcome_of(tests_of(path, group), limit)
    diff = difflib.unified_diff(before.splitlines(), after.splitlines(), path, path, "", "", 2, "")
    return {
        **name(mutation),
        "row": mutation.start_pos[0],
        "outcome": outcome,
        "diff": "\n".join(diff),
        "end": output.strip().splitlines()[-2:],
    }


def sample(group, size, seed, modules=()):
    """Return a random sample of the mutants of a group, and how many there are of each module."""
    mutants = {path: all_mutants(path) for path in GROUPS[group]}
    counts = {path: len(found) for path, found in mutants.items()}
    chosen = [mutation for found in mutants.values() for mutation in found]
    random.Random(seed).shuffle(chosen)
    return [m for m in chosen[:size] if not modules or m.module_path.stem in modules], counts


def main(arguments):
    """Run the mutants and print how many of each module were killed, and the survivors."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mutation", description=__doc__)
    parser.add_argument("group", choices=list(GROUPS))
    parser.add_argument("--sample", type=int, default=400, help="number of mutants (default: 400)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--module", action="append", default=[], help="of the sample, these alone")
    parser.add_argument("--again", action="store_true", help="run the survivors in --out anew")
    parser.add_argument(
        "--out", type=Path, default="mutants.jsonl", help="a line of JSON per mutant; a second run goes on"
    )
    options = parser.parse_args(arguments)
    cosmic_ray.plugins.OPERATOR_PROVIDERS["pnetlib"] = Provider()
    chosen, counts = sample(options.group, options.sample, options.seed, options.module)
    print(f"{len(chosen)} of {sum(counts.values())} mutants", flush=True)
    done = []
    if options.out.exists():
        done = [json.loads(line) for line in options.out.read_text().splitlines()]
    if options.again:
        done = [found for found in done if found["outcome"] != "survived"]
    options.out.write_text("".join(json.dumps(found) + "\n" for found in done))
    known = [{key: found[key] for key in ("module", "operator", "occurrence")} for found in done]
    chosen = [mutation for mutation in chosen if name(mutation) not in known]
    table = Counter((found["module"], found["outcome"]) for found in done)
    with (
        tempfile.TemporaryDirectory(prefix="mutants-") as folder,
        ProcessPoolExecutor(options.jobs, initializer=enter_copy, initargs=(folder,)) as pool,
    ):
        # All modules of a group have the same tests, in another order.
        first = next(iter(GROUPS[options.group]))
        passed, seconds, output = pool.submit(baseline, options.group, first).result()
        if not passed:
            sys.exit(f"The tests fail without a mutation:\n{output[-3000:]}")
        limit = int(10 + 2 * seconds)
        tasks = [pool.submit(run_mutant, options.group, mutation, limit) for mutation in chosen]
        for task in tasks:
            found = task.result()
            table[found["module"], found["outcome"]] += 1
            with open(options.out, "a") as out:
                out.write(json.dumps(found) + "\n")
            if found["outcome"] == "survived":
                print(found["diff"], flush=True)
    for path in dict.fromkeys(module for module, _ in table):
        killed = table[path, "killed"] + table[path, "timeout"]
        tried = killed + table[path, "survived"]
        print(f"{path}: {killed} of {tried} killed ({table[path, 'timeout']} by the time limit)")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
