"""Imports run one way: from the command down to the kernels, and from a step to earlier steps."""

import ast
from graphlib import CycleError, TopologicalSorter

import pytest

from pnetlib.execution.fingerprint import CALCULATION, PRESENTATION

# A module imports from its own layer and from layers before it.
LAYERS = (
    "errors",
    "words",
    "paper",
    "kernels",
    "execution",
    "config",
    "stats",
    "solvers",
    "estimators",
    "io",
    "datasets",
    "steps",
    "findings",
    "workflow",
    "cli",
)
# What several steps share, and the steps in the order of their notebooks. Sizes come after the
# simulation, whose networks they name; tuning repeats what notebooks 02 to 05 do.
SHARED = ("study", "style", "choice", "sizes", "tuning")
STEPS = (
    "study",
    "style",
    "choice",
    "data",
    "comparison",
    "markers",
    "networks",
    "effects",
    "tuning",
    "simulation",
    "sizes",
    "lambdas",
    "stability",
    "differences",
    "drugs",
    "speed",
    "screens",
    "laboratory",
    "regulons",
    "multiverse",
    "claims",
)
ENTRIES = ("__init__", "__main__")  # import what they offer


def find_modules(root, *packages):
    """Return the path of every module of some packages by its dotted name."""
    modules = {}
    for path in sorted(path for package in packages for path in (root / package).rglob("*.py")):
        name = ".".join(path.relative_to(root).with_suffix("").parts)
        modules[name.removesuffix(".__init__")] = path
    return modules


def imports_of(path, modules):
    """Return the project's modules that a file imports, at any depth, with their lines."""
    found = {}
    roots = {name.split(".")[0] for name in modules}
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} imports relative to itself"
            inner = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [name if name in modules else node.module for name in inner]
        else:
            continue
        for name in names:
            if name.split(".")[0] in roots:
                assert name in modules, f"{path}:{node.lineno} imports {name}, which is absent"
                found[name] = node.lineno
    return found


def import_graph(modules):
    """Return what each module imports: {module: {imported module: line}}."""
    return {name: imports_of(path, modules) for name, path in modules.items()}


def place(name, order, depth):
    """Return the position in an order of one part of a dotted name."""
    return order.index(name.split(".")[depth])


def upward(graph, order, depth=1, prefix="pnetlib."):
    """Return the imports that lead from an earlier to a later part of an order."""
    return [
        f"{name}:{line} -> {target}"
        for name, targets in graph.items()
        for target, line in targets.items()
        if name.startswith(prefix) and target.startswith(prefix)
        if place(target, order, depth) > place(name, order, depth)
    ]


def cycle_in(graph):
    """Return one cycle of imports, or an empty list."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return error.args[1]
    return []


@pytest.fixture(scope="module")
def graph(project):
    return import_graph(find_modules(project, "pnetlib", "benchmarks"))


def test_every_part_of_the_package_has_a_layer(graph):
    layers = {name.split(".")[1] for name in graph if name.startswith("pnetlib.")}
    assert layers - set(LAYERS) == {"__main__"}
    steps = {name.split(".")[2] for name in graph if name.startswith("pnetlib.steps.")}
    assert steps <= set(STEPS)


def test_no_import_leads_to_a_later_layer(graph):
    assert upward(graph, (*LAYERS, *ENTRIES)) == []


def test_no_step_imports_a_later_step(graph):
    assert upward(graph, STEPS, depth=2, prefix="pnetlib.steps.") == []


def test_steps_are_those_of_the_notebooks_in_their_order(project):
    stems = [path.stem[3:] for path in sorted((project / "notebooks").glob("[0-9]*.ipynb"))]
    assert stems == [step for step in STEPS if step not in SHARED]


def test_no_calculation_imports_figures_or_words(graph):
    """Stored results outlive a change of a figure or a sentence."""
    shown = {name for name in graph if f"{name.split('.')[-1]}.py" in PRESENTATION}
    assert shown
    assert [
        f"{name}:{line} -> {target}"
        for name, targets in graph.items()
        for target, line in targets.items()
        if name.startswith("pnetlib.") and name.split(".")[1] in CALCULATION
        if target in shown and name not in shown
    ] == []


def test_no_imports_form_a_cycle(graph):
    assert cycle_in(graph) == []


def test_the_package_imports_no_benchmark(graph):
    assert [
        f"{name}:{line} -> {target}"
        for name, targets in graph.items()
        for target, line in targets.items()
        if name.startswith("pnetlib") and target.startswith("benchmarks")
    ] == []


def test_only_modules_and_the_version_are_imported_from_the_package(project):
    """The classes that `pnetlib` exports come from a layer, which the import must name."""
    modules = find_modules(project, "pnetlib", "benchmarks")
    assert [
        f"{path}:{node.lineno} {alias.name}"
        for path in modules.values()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module == "pnetlib"
        for alias in node.names
        if f"pnetlib.{alias.name}" not in modules and alias.name != "__version__"
    ] == []


def test_the_rules_find_what_breaks_them(tmp_path):
    files = {
        "pnetlib/__init__.py": "",
        "pnetlib/kernels/__init__.py": "",
        "pnetlib/kernels/column.py": "def solve():\n    from pnetlib.solvers import joint\n",
        "pnetlib/solvers/__init__.py": "",
        "pnetlib/solvers/joint.py": "import typing\nif typing.TYPE_CHECKING:\n"
        "    import pnetlib.kernels.column\n",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    graph = import_graph(find_modules(tmp_path, "pnetlib"))
    assert upward(graph, (*LAYERS, *ENTRIES)) == [
        "pnetlib.kernels.column:2 -> pnetlib.solvers.joint"
    ]
    assert set(cycle_in(graph)) == {"pnetlib.kernels.column", "pnetlib.solvers.joint"}
