"""What ruff's security rules cannot see: nothing that is read can run, and nothing listens."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from builders import ROOT

SOURCES = sorted(path for part in ("pnetlib", "benchmarks") for path in (ROOT / part).rglob("*.py"))
SCRIPTS = sorted((ROOT / "pnetlib").rglob("*.js"))
# Calls that run, or unpickle, what they are given; and the one unpickler, which resolves three names.
FORBIDDEN = {
    *("eval", "exec", "compile", "__import__", "os.system", "os.popen", "os.spawnl", "os.execv"),
    *("subprocess.getoutput", "subprocess.getstatusoutput", "tempfile.mktemp", "yaml.load"),
    *("yaml.unsafe_load", "yaml.full_load", "pickle.load", "pickle.loads", "pickle.Unpickler"),
    *("joblib.load", "marshal.loads", "shelve.open", "dill.loads", "cloudpickle.loads"),
    *("pd.read_pickle", "pandas.read_pickle", "torch.load", "pd.eval", "pandas.eval"),
    *("socket.create_server", "http.server.HTTPServer", "socketserver.TCPServer"),
    *("requests.get", "urllib.request.urlopen", "urlopen", "urllib.request.urlretrieve"),
    *("tarfile.TarFile.extractall", "shutil.unpack_archive"),
}
METHODS = {"extractall", "extract", "query", "eval"}  # of archives, and of tables


def name_of(node: ast.expr) -> str:
    """Return the dotted name of what is called."""
    if isinstance(node, ast.Attribute):
        return f"{name_of(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else "?"


def calls():
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                yield path.relative_to(ROOT), node, name_of(node.func)


def test_nothing_runs_or_unpickles_what_it_is_given():
    found = []
    for path, node, name in calls():
        last = name.rpartition(".")[2]
        is_text = isinstance(node.func, ast.Attribute) and re.search(
            r"\.str$", name_of(node.func.value)
        )
        own = (path.name, name) == ("compiled.py", "file.extractall")  # of the package itself
        own = own or (path.parent.name, name) in (("mutation", "exec"), ("mutation", "compile"))
        own = own or (path.parent.name, name) == ("suites", "archive.extract")  # single members
        if not own and (name in FORBIDDEN or (last in METHODS and not is_text)):
            found.append(f"{path}:{node.lineno} {name}")
    assert found == []


def test_arrays_are_loaded_without_pickles_and_no_shell_is_used():
    loads = 0
    for path, node, name in calls():
        keywords = {keyword.arg: keyword.value for keyword in node.keywords}
        assert "shell" not in keywords, f"{path}:{node.lineno}"
        if name in ("np.load", "numpy.load", "np.lib.format.read_array"):
            loads += 1
            value = keywords.get("allow_pickle")
            assert isinstance(value, ast.Constant) and value.value is False, f"{path}:{node.lineno}"
    assert loads >= 4


def test_programs_are_started_from_lists_of_words():
    """The first argument is never one text; S603 of ruff, which is off, would ask for constants too."""
    started = 0
    for path, node, name in calls():
        if name in (
            "subprocess.run",
            "subprocess.Popen",
            "subprocess.call",
            "subprocess.check_output",
        ):
            started += 1
            assert not isinstance(node.args[0], (ast.Constant, ast.JoinedStr, ast.BinOp)), path
    assert started >= 3


def test_the_script_of_the_page_makes_no_elements_from_text():
    for path in SCRIPTS:
        text = path.read_text("utf-8")
        wrong = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function"
        assert not re.search(wrong, text), path


LISTENING = """
import sys
from pnetlib.execution.engine import Engine

def ports():
    found = []
    for name in ("tcp", "tcp6"):
        for line in open(f"/proc/net/{name}").readlines()[1:]:
            own, _, state, inode = (line.split()[k] for k in (1, 2, 3, 9))
            if state == "0A":
                found.append((own.rpartition(":")[0], inode))
    return found

def of_this_process_and_its_children():
    import os
    from pathlib import Path

    family, inodes = {os.getpid()}, set()
    for _ in range(4):
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) in family:
                family.add(int(stat.parent.name))
    for pid in family:
        for file in Path(f"/proc/{pid}/fd").glob("*"):
            try:
                inodes.add(os.readlink(file))
            except OSError:
                pass
    return [own for own, inode in ports() if f"socket:[{inode}]" in inodes]

def main():
    with Engine(sys.argv[1], 2) as engine:
        assert list(engine.map(abs, [(-1,), (2,)])) == [1, 2]
        print(*sorted(set(of_this_process_and_its_children())))

if __name__ == "__main__":
    main()
"""


@pytest.mark.skipif(
    not Path("/proc/net/tcp").exists(), reason="listening ports are read from Linux"
)
@pytest.mark.parametrize("backend", ["threads", "dask"])
def test_nothing_listens_but_dask_on_loopback(tmp_path, backend):
    if backend == "dask":
        pytest.importorskip("distributed")
    (tmp_path / "listening.py").write_text(LISTENING)
    done = subprocess.run(
        [sys.executable, tmp_path / "listening.py", backend], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    loopback = "0100007F"  # 127.0.0.1 as the kernel writes it
    assert done.stdout.split() == ([loopback] if backend == "dask" else [])
