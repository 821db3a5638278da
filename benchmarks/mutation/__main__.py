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
from typing import NamedTuple

import cosmic_ray.plugins
from cosmic_ray.ast import ast_nodes, get_ast

from benchmarks.mutation.operators import Provider
from benchmarks.mutation.session import statements, test_mutants

ROOT = Path(__file__).resolve().parents[2]
_READERS = {
    "cells": "own_tables gdsc_official",
    "candidates": "gdsc_official",
    "delimited": "regulons",
    "drugs": "selection",
    "gdsc_official": "screens",
    "own_tables": "own_cohort own_values annotated",  # the latter needs the extra anndata
    "own_values": "own_tables own_cohort",
    "sheets": "gdsc_official own_tables",
    "workbooks": "gdsc_official own_tables",
}
_JOINT = "tests/solvers/test_joint.py::test_"
_KERNELS = {
    "column": [
        "tests/kernels/test_few_regulators.py",
        "tests/solvers/test_network.py",
        "tests/solvers/test_shared.py",
        f"{_JOINT}lagged_edge_weights_hold_the_degrees",
        f"{_JOINT}edge_weights_stop_at_zero",
        f"{_JOINT}response_column_is_the_stacked_regression",
        f"{_JOINT}sweep_solves_the_columns_in_turn",
        f"{_JOINT}gaps_of_columns_coupled_to_the_response_are_theirs",
    ],
    "edges": [],
    "graph": [],
    "products": ["tests/kernels/test_graph.py", "tests/kernels/test_theta.py"],
    "theta": ["tests/kernels/test_flips.py", "tests/kernels/test_few_regulators.py"],
}
# The tests of each module; all tests of what calls it would take too long.
GROUPS = {
    "readers": {
        f"pnetlib/datasets/{name}.py": [
            f"tests/datasets/test_{other}.py"
            for other in (name, "read_*", *more.split(), "hostile_files")
        ]
        for name, more in _READERS.items()
    },
    "kernels": {
        f"pnetlib/kernels/{name}.py": [f"tests/kernels/test_{name}.py", *more]
        for name, more in _KERNELS.items()
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


class Mutant(NamedTuple):
    """A mutation of one statement at the top of a module, mostly a function."""

    module: str
    operator: str  # of cosmic-ray
    statement: int
    occurrence: int  # within the statement
    row: int


def all_mutants(path):
    """Return every mutation of a module."""
    found, code = [], (ROOT / path).read_text()
    names = [name for name in cosmic_ray.plugins.operator_names() if wanted(name)]
    kinds = {name: cosmic_ray.plugins.get_operator(name) for name in names}
    for at, (first, statement) in enumerate(statements(code)):
        nodes = list(ast_nodes(get_ast(statement)))
        for name, kind in kinds.items():
            if not kind.arguments():
                places = (place for node in nodes for place in kind().mutation_positions(node))
                for occurrence, (start, _) in enumerate(places):
                    found.append(Mutant(path, name, at, occurrence, first + start[0]))
    return found


def sample(group, size, seed, modules=()):
    """Return a random sample of the mutants of a group or its `modules`, and how many there are."""
    paths = [path for path in GROUPS[group] if not modules or Path(path).stem in modules]
    mutants = [mutation for path in paths for mutation in all_mutants(path)]
    random.Random(seed).shuffle(mutants)  # noqa: S311 - no secret
    # Whether two numbers are one object is a matter of Python, not of the code.
    mutants = [mutant for mutant in mutants if not mutant.operator.endswith(("_Is", "_IsNot"))]
    return mutants[:size], len(mutants)


def tests_of(patterns):
    """Return the tests that match patterns; one without a file is left out."""
    found = []
    for pattern in patterns:
        places = sorted(str(path.relative_to(ROOT)) for path in ROOT.glob(pattern))
        found += places or [pattern] * ("::" in pattern)
    return found


def argued(found):
    """Return the reason in `argued.tsv` why a mutant changes no result; "" if it has none."""
    lines = [line for line in found["diff"].splitlines() if line[:3] not in ("---", "+++")]
    before, after = ("\n".join(x for x in lines if x.startswith(sign)) for sign in "-+")
    text = Path(__file__).with_name("argued.tsv").read_text("utf-8")
    rows = [line.split("\t") for line in text.splitlines()[1:]]
    return next((why for old, new, why in rows if old in before and new in after), "")


def main(arguments):
    """Run the mutants and print how many of each module were killed, and the survivors."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mutation", description=__doc__)
    parser.add_argument("group", choices=list(GROUPS))
    parser.add_argument("--sample", type=int, default=400, help="number of mutants (default: 400)")
    parser.add_argument(
        "--modules", nargs="+", default=(), help="those of the group (default: all)"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--part", default="1/1", help="2/3 for the second of three equal parts")
    parser.add_argument("--again", action="store_true", help="run the survivors in --out anew")
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("mutants.jsonl"),
        help="a row per mutant; a second run goes on",
    )
    options = parser.parse_args(arguments)
    options.out = options.out.resolve()
    cosmic_ray.plugins.OPERATOR_PROVIDERS["pnetlib"] = Provider()
    os.chdir(ROOT)
    chosen, number = sample(options.group, options.sample, options.seed, options.modules)
    part, parts = map(int, options.part.split("/"))
    chosen = chosen[part - 1 :: parts]
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
        tests = {path: tests_of(names) for path, names in GROUPS[options.group].items()}
        done += test_mutants(chosen, done, options.out, tests, scratch)
    table = Counter((found["module"], found["outcome"]) for found in done)
    for path in GROUPS[options.group]:
        killed = table[path, "killed"] + table[path, "timeout"]
        tried = killed + table[path, "survived"]
        print(f"{path}: {killed} of {tried} killed ({table[path, 'timeout']} by the time limit)")
    survived = [found for found in done if found["outcome"] == "survived"]
    reasons = Counter(map(argued, survived))
    print(f"{len(survived)} survived, {reasons.pop('', 0)} of them without a reason in argued.tsv.")
    for reason, count in reasons.most_common():
        print(f"{count:4}  {reason}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
