"""A session of pytest that collects the tests once and runs them for each mutant in a child process."""

import ast
import difflib
import inspect
import json
import os
import resource
import signal
import sys
import types
from collections import defaultdict
from pathlib import Path

import cosmic_ray.plugins
import hypothesis
import pytest
from cosmic_ray.mutating import mutate_code


def test_mutants(chosen, done, out, tests, scratch):
    """Return what became of the mutants that are not `done` yet; `out` gets a row for each."""
    quick = [hypothesis.Phase.explicit, hypothesis.Phase.generate]  # no search for a shorter example
    hypothesis.settings.register_profile("mutants", phases=quick, database=None)
    hypothesis.settings.load_profile("mutants")
    known = [tuple(found[key] for key in ("module", "operator", "occurrence")) for found in done]
    plugin = _Mutants([m for m in chosen if _key(m) not in known], out, Path(scratch, "log.txt"))
    options = ["-s", "-q", "--tb=no", "-W", "ignore", "-o", "addopts=", "-o", "filterwarnings="]
    for name in ("cacheprovider", "nbval", "xdist"):
        options += ["-p", f"no:{name}"]
    pytest.main([*options, *tests], plugins=[plugin])
    return plugin.found


class _Mutants:
    """The plugin that takes the place of pytest's loop over the tests."""

    def __init__(self, chosen, out, log):
        self.chosen, self.out, self.log = chosen, out, log
        self.found, self.seconds, self.limit = [], {}, 0

    def pytest_runtest_logreport(self, report):
        """Note what each test takes."""
        self.seconds[report.nodeid] = self.seconds.get(report.nodeid, 0.0) + report.duration

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session):
        """Run the tests once as they are, then for each mutant."""
        outcome = self._in_child(session, session.items, None)
        if outcome != "survived":
            sys.exit(f"The tests fail without a mutation:\n{self.log.read_text()[-3000:]}")
        self.seconds = json.loads(self.log.with_suffix(".json").read_text())
        self.limit = int(10 + 2 * sum(self.seconds.values()))
        for mutation in self.chosen:
            self.found.append(self._result(session, mutation))
            with open(self.out, "a") as file:
                file.write(json.dumps(self.found[-1]) + "\n")
            if self.found[-1]["outcome"] == "survived":
                print(self.found[-1]["diff"], flush=True)
        return True

    def _result(self, session, mutation):
        """Return what became of one mutant."""
        path = str(mutation.module_path)
        row = dict(zip(("module", "operator", "occurrence"), _key(mutation)))
        before = Path(path).read_text()
        operator = cosmic_ray.plugins.get_operator(mutation.operator_name)()
        try:
            after = mutate_code(before, operator, mutation.occurrence)
        except AttributeError:  # cosmic-ray cannot replace each exception of a tuple
            return row | {"outcome": "same"}
        if _meaning(after) in (None, _meaning(before)):
            return row | {"outcome": "same"}
        outcome = self._in_child(session, self._sorted(session.items, mutation), (path, after))
        diff = difflib.unified_diff(before.splitlines(), after.splitlines(), path, path, n=2, lineterm="")
        last = self.log.read_text().strip().splitlines()[-1:]
        return row | {
            "row": mutation.start_pos[0],
            "outcome": outcome,
            "diff": "\n".join(diff),
            "end": last,
        }

    def _sorted(self, items, mutation):
        """Return the tests of the module first, then file by file, the quickest first."""
        own, total = mutation.module_path.stem, defaultdict(float)
        for item in items:
            total[item.path] += self.seconds[item.nodeid]

        def place(item):
            mine = own in item.path.stem or item.path.stem.startswith("test_read_")
            return not mine, total[item.path], str(item.path), self.seconds[item.nodeid]

        return sorted(items, key=place)

    def _in_child(self, session, items, mutant):
        """Run the tests in a child of this process; return how they ended."""
        sys.stdout.flush()
        child = os.fork()
        if child == 0:
            code = 1
            try:
                code = self._run(session, items, mutant)
            finally:
                sys.stdout.flush()
                os._exit(code)
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) in (
            signal.SIGALRM,
            signal.SIGKILL,
            signal.SIGXCPU,
        ):
            return "timeout"
        return "killed" if status else "survived"

    def _run(self, session, items, mutant):
        with open(self.log, "w") as file:
            os.dup2(file.fileno(), 1)
            os.dup2(file.fileno(), 2)
        if mutant:  # of the processor, as other programs may slow this one down
            resource.setrlimit(resource.RLIMIT_CPU, (self.limit, self.limit + 1))
            signal.alarm(20 * self.limit)
            _install(*mutant)
        for item, following in zip(items, [*items[1:], None]):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if session.testsfailed:
                print("\n" + item.nodeid)
                return 1
        if not mutant:
            self.log.with_suffix(".json").write_text(json.dumps(self.seconds))
        return 0


def _key(mutation):
    return str(mutation.module_path), mutation.operator_name, mutation.occurrence


def _meaning(code):
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


def _install(path, code):
    """Put the code of a module in the place of that which is loaded, wherever it was imported."""
    name = path.removesuffix(".py").replace("/", ".")
    module, fresh = sys.modules[name], types.ModuleType(name)
    fresh.__file__ = module.__file__
    exec(compile(code, path, "exec"), fresh.__dict__)  # noqa: S102 - a mutant of this project's code
    for key, new in list(vars(fresh).items()):
        old = vars(module).get(key)
        if key.startswith("__") or old is new:
            continue
        if isinstance(old, types.FunctionType):
            _replace(inspect.unwrap(old), inspect.unwrap(new))
        elif isinstance(old, type):
            for part, value in list(vars(new).items()):
                if isinstance(value, types.FunctionType):
                    _replace(vars(old)[part], value)
        else:
            for other in list(sys.modules.values()):
                if getattr(other, "__dict__", {}).get(key) is old:
                    vars(other)[key] = new
            vars(module)[key] = new


def _replace(old, new):
    old.__code__, old.__defaults__, old.__kwdefaults__ = (
        new.__code__,
        new.__defaults__,
        new.__kwdefaults__,
    )
