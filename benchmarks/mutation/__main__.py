"""``python -m benchmarks.mutation readers|kernels``: run a sample of mutants against the tests.

cosmic-ray (``pip install cosmic-ray``) makes the mutants. The tests are collected once; each mutant
then has a process of its own, in which the code of the mutated module takes the place of the
original one. The first test that fails ends it, and so does a time limit. Kernels run without
compilation, as numba would compile each mutant anew.
"""

import argparse
import json
import os
import random
import sys
import tempfile
from collections import Counter
from pathlib import Path

import cosmic_ray.plugins
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.work_item import MutationSpec

from benchmarks.mutation.operators import Provider

ROOT = Path(__file__).resolve().parents[2]
READERS = ("cells", "candidates", "delimited", "drugs", "files", "gdsc_official", "own_tables")
READERS += ("sheets", "workbooks")
KERNELS = ("column", "edges", "graph", "products", "theta")
MODULES = {
    "readers": [f"pnetlib/datasets/{name}.py" for name in READERS],
    "kernels": [f"pnetlib/kernels/{name}.py" for name in KERNELS],
}
TESTS = {
    "readers": [
        f"tests/datasets/test_{name}.py"
        for name in (*READERS, "read_*", "screens", "genes", "own_kinds", "own_cohort", "own_folder")
    ],
    # Those of the solvers that call kernels themselves; all others would take too long.
    "kernels": [
        "tests/kernels/test_*.py",
        "tests/solvers/test_network.py",
        "tests/solvers/test_shared.py",
        "tests/solvers/test_joint.py::test_lagged_edge_weights_hold_the_degrees",
        "tests/solvers/test_joint.py::test_edge_weights_stop_at_zero",
        "tests/solvers/test_joint.py::test_response_column_is_the_stacked_regression",
        "tests/solvers/test_joint.py::test_sweep_solves_the_columns_in_turn",
        "tests/solvers/test_joint.py::test_gaps_of_columns_coupled_to_the_response_are_theirs",
        "tests/solvers/test_rows.py::test_rows_that_are_not_stored_are_the_stored_ones",
        "tests/solvers/test_starts.py::test_value_and_costs_of_flips_are_those_of_the_objective",
    ],
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


def sample(group, size, seed):
    """Return a random sample of the mutants of a group, and how many there are."""
    mutants = [mutation for path in MODULES[group] for mutation in all_mutants(path)]
    random.Random(seed).shuffle(mutants)
    return mutants[:size], len(mutants)


def test_files(group):
    """Return the tests of a group; a pattern without a file is left out."""
    found = []
    for name in TESTS[group]:
        places = sorted(str(path.relative_to(ROOT)) for path in ROOT.glob(name))
        found += places or [name] * ("::" in name)
    return list(dict.fromkeys(found))


def main(arguments):
    """Run the mutants and print how many of each module were killed, and the survivors."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mutation", description=__doc__)
    parser.add_argument("group", choices=list(MODULES))
    parser.add_argument("--sample", type=int, default=400, help="number of mutants (default: 400)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--again", action="store_true", help="run the survivors in --out anew")
    parser.add_argument(
        "--out", type=Path, default=Path("mutants.jsonl"), help="a row per mutant; a second run goes on"
    )
    parser.add_argument("--without", action="append", default=[], help="a test to leave out")
    options = parser.parse_args(arguments)
    options.out = options.out.resolve()
    cosmic_ray.plugins.OPERATOR_PROVIDERS["pnetlib"] = Provider()
    os.chdir(ROOT)
    chosen, number = sample(options.group, options.sample, options.seed)
    print(f"{len(chosen)} of {number} mutants", flush=True)
    done = options.out.read_text().splitlines() if options.out.exists() else []
    done = [json.loads(line) for line in done]
    if options.again:
        done = [found for found in done if found["outcome"] != "survived"]
    options.out.write_text("".join(json.dumps(found) + "\n" for found in done))
    with tempfile.TemporaryDirectory(prefix="mutants-") as scratch:
        os.environ.update(
            PNETLIB_TESTS=scratch,
            PNETLIB_CACHE=scratch,  # empty: checks against the packaged source take most of the time
            PNETLIB_TEST_GDSC=f"{scratch}/none",
            NUMBA_DISABLE_JIT="1",
            OMP_NUM_THREADS="1",
            OPENBLAS_NUM_THREADS="1",
        )
        from benchmarks.mutation.session import test_mutants

        tests = test_files(options.group)
        tests += [word for name in options.without for word in ("--deselect", name)]
        done += test_mutants(chosen, done, options.out, tests, scratch)
    table = Counter((found["module"], found["outcome"]) for found in done)
    for path in MODULES[options.group]:
        killed = table[path, "killed"] + table[path, "timeout"]
        tried = killed + table[path, "survived"]
        print(f"{path}: {killed} of {tried} killed ({table[path, 'timeout']} by the time limit)")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
