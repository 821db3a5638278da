"""Two hosts on one machine: namespaces with a network, folders, a name and processes of their own.

Each host has its own `/tmp`, `/var/tmp`, `/dev/shm` and home folder, empty at first. What it sees of
those of the machine is bound into them: the package and Python, which it can only read, and what is
said to be shared. The kernel of the system, its clock and its locks are those of the machine.
"""

import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from builders import ROOT

TESTS = ROOT / "tests"
OWN = ("/tmp", "/var/tmp", "/dev/shm", str(Path.home()))  # folders that hosts do not share
PROGRAMS = ("unshare", "nsenter", "ip", "mount")
NUMBA = "/tmp/numba"  # compiled kernels of a host
CLOCK = Path(__file__).with_name("clock.c")
_KINDS = ("--net", "--mount", "--uts", "--ipc", "--pid")
_SOON = 10  # seconds until a host has started
_INSTALLED = (ROOT, Path(sys.prefix), Path(sys.base_prefix))
_BOOT = """
set -e
hostname {name}
ip link set lo up
mount -t tmpfs stage /mnt
{stage}
for own in {own}; do mount -t tmpfs own "$own"; done
{place}
umount /mnt
printf '127.0.0.1 localhost\\n{known}' > /tmp/hosts
mount --bind /tmp/hosts /etc/hosts
echo ready
while :; do sleep 1000; done
"""


def unusable() -> str:
    """Return why this machine cannot have hosts; an empty text if it can."""
    missing = [name for name in PROGRAMS if not shutil.which(name, path=_path())]
    if sys.platform != "linux" or os.geteuid() != 0 or missing:
        return f"hosts need Linux, root and {', '.join(missing or PROGRAMS)}"
    tried = subprocess.run(["unshare", *_KINDS, "--fork", "true"], capture_output=True, text=True)
    return tried.stderr.strip()


def _path() -> str:
    return f"{os.environ['PATH']}:/usr/sbin:/sbin"


class Host:
    """One host, from its start until it is stopped or vanishes.

    Parameters
    ----------
    name, address : str
        What it is called, and where it is in the network.
    shared : mapping of Path to Path
        Folders of the machine that it sees, and can write to, by the path where it sees them.
    read_only : mapping of Path to Path
        Those that it can only read, such as another version of the package in the place of it.
    """

    def __init__(self, name, address, shared=None, read_only=None):
        self.name, self.address = name, address
        self.shared, self.read_only = dict(shared or {}), dict(read_only or {})
        self.pid = self._parent = None
        self._started = []

    def start(self, known):
        """Start it; `known` has the address of each host by its name."""
        kernels = Path(os.environ["NUMBA_CACHE_DIR"])
        kernels.mkdir(parents=True, exist_ok=True)
        seen = {path: path for path in _INSTALLED} | {kernels: kernels}
        stage, place = [], []
        bound = [(*pair, False) for pair in (seen | self.read_only).items()]
        bound += [(*pair, True) for pair in self.shared.items()]
        for at, (inside, source, writable) in enumerate(sorted(bound, key=lambda b: str(b[0]))):
            stage.append(f"mkdir /mnt/{at}; mount --bind {_quoted(source)} /mnt/{at}")
            place.append(f"mkdir -p {_quoted(inside)}; mount --move /mnt/{at} {_quoted(inside)}")
            if not writable:
                place.append(f"mount -o remount,bind,ro {_quoted(inside)}")
        place.append(f"cp -r {_quoted(kernels)} {NUMBA}")
        script = _BOOT.format(
            name=self.name,
            own=" ".join(map(_quoted, OWN)),
            stage="\n".join(stage),
            place="\n".join(place),
            known="".join(f"{address} {name}\\n" for name, address in known.items()),
        )
        line = ["unshare", *_KINDS, "--fork", "--kill-child", "--mount-proc", "sh", "-c", script]
        self._parent = subprocess.Popen(
            line,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=self.environment(),
        )
        said = self._parent.stdout.readline()
        assert said == "ready\n", said + self._parent.stdout.read()
        children = Path(f"/proc/{self._parent.pid}/task/{self._parent.pid}/children")
        self.pid = int(children.read_text())

    def environment(self, **more):
        """Return the environment variables of a process on this host."""
        return {
            "PATH": _path(),
            "HOME": str(Path.home()),
            "LANG": "C.UTF-8",
            "PYTHONPATH": f"{ROOT}{os.pathsep}{TESTS}",
            "PYTHONSAFEPATH": "1",
            "NUMBA_CACHE_DIR": NUMBA,
            "DASK_DISTRIBUTED__COMM__TIMEOUTS__TCP": "12s",  # the least; by default 30
            **{name: str(value) for name, value in more.items()},
        }

    def begin(self, *line, folder="/tmp", log=None, **environment):
        """Start a command on this host; return its process."""
        more = [f"{name}={value}" for name, value in environment.items()]
        enter = ["nsenter", f"--target={self.pid}", "--all", f"--wd={folder}"]
        inside = [*enter, "env", *more, *map(str, line)]
        output = subprocess.PIPE if log is None else open(log, "ab")
        process = subprocess.Popen(
            inside,
            stdout=output,
            stderr=subprocess.STDOUT if log else subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
            env=self.environment(),
        )
        self._started.append(process)
        return process

    def run(self, *line, seconds=100, **options):
        """Run a command on this host to its end; return it with its output."""
        process = self.begin(*line, **options)
        try:
            printed, error = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{line} did not end within {seconds} s") from None
        return subprocess.CompletedProcess(line, process.returncode, printed, error)

    def python(self, *words, **options):
        """Run this Python on this host to its end; return the finished process."""
        return self.run(sys.executable, *words, **options)

    def clock(self, seconds):
        """Return the variables of a process of this host whose clock is some seconds off."""
        library = "/tmp/clock.so"
        if not self.path(library).exists():
            compiler = shutil.which("gcc") or shutil.which("cc") or pytest.skip("no C compiler")
            options = ["-O2", "-shared", "-fPIC", "-o", self.path(library), CLOCK, "-ldl"]
            subprocess.run([compiler, *options], check=True)
        return {"LD_PRELOAD": library, "CLOCK_SHIFT": seconds}

    def path(self, inside):
        """Return a path by which this machine sees a file or folder of the host."""
        return Path(f"/proc/{self.pid}/root{inside}")

    def link(self, state):
        """Set its network ``up`` or ``down``."""
        _inside(self.pid, "link", "set", "eth0", state)

    def vanish(self):
        """End all its processes at once, and with them its network, as a power cut would."""
        if self.pid is not None:
            os.kill(self.pid, signal.SIGKILL)
            self.pid = None
        if self._parent is not None:
            self._parent.wait(_SOON)
            self._parent.stdout.close()
        for process in self._started:
            process.wait(_SOON)
            for stream in (process.stdout, process.stderr):
                if stream is not None:
                    stream.close()


@contextmanager
def two_hosts(shared=None, first=None, second=None):
    """Give two hosts, alpha and beta, that reach each other and share the folders `shared` alone.

    `first` and `second` are further parameters of each.
    """
    hosts = [
        Host("alpha", "10.77.0.1", shared, **(first or {})),
        Host("beta", "10.77.0.2", shared, **(second or {})),
    ]
    known = {host.name: host.address for host in hosts}
    with ExitStack() as ended:
        switch = ended.enter_context(_switch())
        for host in hosts:
            ended.callback(host.vanish)
            host.start(known)
            pair = ["type", "veth", "peer", "name", host.name, "netns", str(switch)]
            _ip("link", "add", "eth0", "netns", str(host.pid), *pair)
            _inside(switch, "link", "set", host.name, "master", "switch", "up")
            _inside(host.pid, "addr", "add", f"{host.address}/24", "dev", "eth0")
            host.link("up")
        yield hosts


@contextmanager
def _switch():
    """Give the process of a network that joins hosts, so that none loses its own if one vanishes."""
    script = "ip link add switch type bridge; ip link set switch up; echo ready; exec sleep 3600"
    line = ["unshare", "--net", "sh", "-c", script]
    environment = {"PATH": _path()}
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            process.stdout.readline()
            yield process.pid
        finally:
            process.kill()


def _inside(pid, *words):
    line = ["nsenter", f"--target={pid}", "--net", "ip", *words]
    subprocess.run(line, check=True, env={"PATH": _path()})


def _ip(*words):
    subprocess.run(["ip", *words], check=True, env={**os.environ, "PATH": _path()})


def _quoted(path):
    return shlex.quote(str(path))


def wait_until(condition, seconds, problem):
    """Wait until a condition holds; fail with the problem, a text or what gives one, if it never does."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, problem() if callable(problem) else problem
        time.sleep(0.05)
