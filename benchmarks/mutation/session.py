"""A session of pytest that collects the tests once and runs them for each mutant in a child process."""

import __future__

import ast
import difflib
import inspect
import json
import os
import signal
import sys
import types
from collections import Counter
from pathlib import Path

import cosmic_ray.plugins
import hypothesis
import pytest
from cosmic_ray.mutating import mutate_code


def statements(code):
    """Return each statement at the top of a module, and how many rows are above it."""
    rows, found = code.splitlines(keepends=True), []
    for node in ast.parse(code).body:
        first = min([node.lineno, *(x.lineno for x in getattr(node, "decorator_list", []))]) - 1
        found.append((first, "".join(rows[first : node.end_lineno])))
    return found


def test_mutants(chosen, done, out, tests, scratch):
    """Return what became of the mutants that are not `done` yet; `out` gets a row for each."""
    quick = [
        hypothesis.Phase.explicit,
        hypothesis.Phase.generate,
    ]  # no search for a shorter example
    hypothesis.settings.register_profile("mutants", phases=quick, database=None, deadline=None)
    hypothesis.settings.load_profile("mutants")
    known = [tuple(found[key] for key in chosen[0]._fields) for found in done]
    left = [mutant for mutant in chosen if tuple(mutant) not in known]
    plugin = _Mutants(left, tests, out, Path(scratch, "log.txt"))
    plugin.kills.update((found["module"], *found["end"]) for found in done if "end" in found)
    options = ["-s", "-q", "--tb=no", "-W", "ignore", "-o", "addopts=", "-o", "filterwarnings="]
    # Tests of large files take minutes; pyarrow's threads do not outlive a fork.
    options += ["-k", "not unfolds and not parquet"]
    for name in ("cacheprovider", "nbval", "xdist"):
        options += ["-p", f"no:{name}"]
    every = dict.fromkeys(name for names in tests.values() for name in names)
    pytest.main([*options, *every], plugins=[plugin])
    return plugin.found


class _Mutants:
    """The plugin that takes the place of pytest's loop over the tests."""

    def __init__(self, chosen, tests, out, log):
        self.chosen, self.tests, self.out, self.log = chosen, tests, out, log
        self.found, self.seconds, self.failed, self.kills = [], {}, [], Counter()
        self.alone = {}  # whether a test passes where it runs first

    def pytest_runtest_logreport(self, report):
        """Note what each test takes."""
        self.seconds[report.nodeid] = self.seconds.get(report.nodeid, 0.0) + report.duration
        if report.failed:
            self.failed.append(report.nodeid)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session):
        """Run the tests once as they are, then for each mutant."""
        self._in_child(session, session.items, None)
        self.seconds, failed = json.loads(self.log.with_suffix(".json").read_text())
        if failed:
            print(f"Left out, as they fail without a mutation: {', '.join(failed)}", flush=True)
        session.items[:] = [item for item in session.items if item.nodeid not in failed]
        for mutation in self.chosen:
            self.found.append(self._result(session, mutation))
            if self.found[-1]["outcome"] == "killed":
                self.kills[mutation.module, *self.found[-1]["end"]] += 1
            with open(self.out, "a") as file:
                file.write(json.dumps(self.found[-1]) + "\n")
            if self.found[-1]["outcome"] == "survived":
                print(self.found[-1]["diff"], flush=True)
        return True

    def _result(self, session, mutant):
        """Return what became of one mutant."""
        first, before = statements(Path(mutant.module).read_text())[mutant.statement]
        operator = cosmic_ray.plugins.get_operator(mutant.operator)()
        try:
            after = mutate_code(before, operator, mutant.occurrence)
        except AttributeError:  # cosmic-ray cannot replace each exception of a tuple
            return mutant._asdict() | {"outcome": "same"}
        if _meaning(after) in (None, _meaning(before)):
            return mutant._asdict() | {"outcome": "same"}
        while True:
            tests = self._sorted(session.items, mutant.module)
            outcome = self._in_child(session, tests, (mutant.module, after))
            last = self.log.read_text().strip().splitlines()[-1:]
            if outcome != "killed" or self._passes_alone(session, *last):
                break
        diff = difflib.unified_diff(
            before.splitlines(),
            after.splitlines(),
            mutant.module,
            f"row {mutant.row}",
            n=1,
            lineterm="",
        )
        return mutant._asdict() | {"outcome": outcome, "diff": "\n".join(diff), "end": last}

    def _passes_alone(self, session, name="", *_):
        """Return whether a test passes without a mutation and the tests before it; else leave it out."""
        items = [item for item in session.items if item.nodeid == name]
        if items and name not in self.alone:
            log = self.log.read_text()
            self.alone[name] = self._in_child(session, items, ()) == "survived"
            self.log.write_text(log)
            if not self.alone[name]:
                print(f"Left out, as it fails alone: {name}", flush=True)
                session.items.remove(items[0])
        return self.alone.get(name, True)

    def _sorted(self, items, module):
        """Return the tests of a module, those first that failed most often for their time."""
        names = self.tests[module]
        own = [item for item in items if item.nodeid.startswith(tuple(names))]

        def place(item):
            failed = self.kills[module, item.nodeid]
            return (self.seconds[item.nodeid] + 0.01) / (0.1 + failed)

        return sorted(own, key=place)

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
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) in (signal.SIGALRM, signal.SIGPROF):
            return "timeout"
        return "killed" if status else "survived"

    def _run(self, session, items, mutant):
        with open(self.log, "w") as file:
            os.dup2(file.fileno(), 1)
            os.dup2(file.fileno(), 2)
        if mutant:
            _install(*mutant)
        for item, following in zip(items, [*items[1:], None]):
            if mutant is not None:
                # Of the processor, as other programs may slow this one down; and of the clock.
                usual = self.seconds[item.nodeid]
                signal.setitimer(signal.ITIMER_PROF, 2.0 + 5.0 * usual)
                signal.alarm(int(60.0 + 50.0 * usual))
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if mutant is not None and session.testsfailed:
                print("\n" + item.nodeid)
                return 1
        if mutant is None:
            self.log.with_suffix(".json").write_text(json.dumps((self.seconds, self.failed)))
        return 0


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
    """Put a statement of a module in the place of that which is loaded, wherever it was imported."""
    module = sys.modules[path.removesuffix(".py").replace("/", ".")]
    fresh = dict(vars(module))
    flags = __future__.annotations.compiler_flag
    exec(compile(code, path, "exec", flags), fresh)  # noqa: S102 - a mutant of this project's code
    for key, new in list(fresh.items()):
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


def _replace(old, new):
    old.__code__, old.__defaults__, old.__kwdefaults__ = (
        new.__code__,
        new.__defaults__,
        new.__kwdefaults__,
    )
