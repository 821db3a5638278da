"""Commands run under the shim, in a folder of their own."""

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from builders import ROOT
from faults.shim import Fault, Seen, compiled, prepare, seen

WARM = Path(__file__).with_name("warm.py")
_DROPPED = ("NUMBA_CACHE_DIR", "MPLCONFIGDIR", "PNETLIB_CACHE", "LD_PRELOAD", "FAULT_STATE")
PATIENCE = 300  # seconds; a run takes one or two, a real step on a busy machine many more


@dataclass(frozen=True)
class Ended:
    """How a command ended, what it printed, and what the shim saw of it."""

    code: int
    printed: str
    error: str
    seen: Seen

    @property
    def finished(self) -> list[str]:
        """The numbers of the steps that the command said were done."""
        lines = self.printed.splitlines()
        done = []
        for at, line in enumerate(lines):
            if "] " in line and line.startswith("["):
                name = line.partition("] ")[2][:2]
                after = lines[at + 1] if at + 1 < len(lines) else ""
                if "(fresh, skipped)" in line or after.strip().startswith("done in"):
                    done.append(name)
        return done


class Place:
    """A folder with the results, cache and temporary files of one run at a time.

    Its path is the same for every run, as paths are part of what a run records. If `warm`, commands
    run in copies of a process that has imported everything, else each in a new Python.
    """

    def __init__(self, base: Path, warm: bool = True) -> None:
        self.base, self.warm = base, warm
        self.out, self.cache, self.scratch = (base / name for name in ("out", "cache", "tmp"))
        self.library = compiled(base.parent)
        self.server = None
        self.empty()

    def __enter__(self) -> "Place":
        return self

    def __exit__(self, *failure: object) -> None:
        if self.server is not None:
            self.server.kill()
            self.server.communicate()

    def empty(self) -> None:
        """Remove what earlier runs left."""
        shutil.rmtree(self.base, ignore_errors=True)
        for folder in (self.out, self.cache, self.scratch):
            folder.mkdir(parents=True)

    @property
    def roots(self) -> list[Path]:
        """The folders of results and of caches."""
        return [self.out, self.cache]

    def environment(self) -> dict[str, str]:
        """Return the environment variables of a command here."""
        kept = {name: value for name, value in os.environ.items() if name not in _DROPPED}
        return {
            **kept,
            "PYTHONPATH": f"{ROOT}",
            "PYTHONSAFEPATH": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "XDG_CACHE_HOME": str(self.cache),
            "TMPDIR": str(self.scratch),
            "PNETLIB_PROGRESS": "off",
        }

    def run(self, words: list[str], fault: Fault | None = None, roots=None) -> Ended:
        """Run a command of the package, with a fault if one is given."""
        state = self.base / "state"
        for old in self.base.glob("state*"):
            old.unlink()
        prepare(state, fault or Fault(), self.roots if roots is None else roots)
        run = self._run_warm if self.warm else self._run_cold
        code = run(words, state)
        found = seen(state)
        self._wait_for_the_end(found)
        texts = [self.base.joinpath(name).read_text("utf-8") for name in ("stdout", "stderr")]
        return Ended(code, texts[0], texts[1].strip(), seen(state))

    def _run_cold(self, words, state) -> int:
        environment = self.environment() | {
            "LD_PRELOAD": str(self.library),
            "FAULT_STATE": str(state),
        }
        with open(self.base / "stdout", "w") as out, open(self.base / "stderr", "w") as error:
            return subprocess.run(
                [sys.executable, "-m", "pnetlib", *words],
                env=environment,
                cwd=self.base,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=error,
                timeout=PATIENCE,
            ).returncode

    def _run_warm(self, words, state) -> int:
        if self.server is None:
            environment = self.environment() | {"LD_PRELOAD": str(self.library)}
            environment["MPLBACKEND"] = "agg"
            # Read when Numba and Matplotlib are imported: what they need is there already.
            for name in ("NUMBA_CACHE_DIR", "MPLCONFIGDIR"):
                if name in os.environ:
                    environment[name] = os.environ[name]
            self.server = subprocess.Popen(
                [sys.executable, str(WARM)],
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            assert self.server.stdout.readline() == "ready\n"
        request = {
            "words": words,
            "folder": str(self.base),
            "environment": self.environment(),
            "state": str(state),
            "stdout": str(self.base / "stdout"),
            "stderr": str(self.base / "stderr"),
        }
        self.server.stdin.write(json.dumps(request) + "\n")
        self.server.stdin.flush()
        if not select.select([self.server.stdout], [], [], PATIENCE)[0]:
            self.server.kill()
            self.server = None
            raise AssertionError(f"{' '.join(words)} did not end within {PATIENCE} s")
        return int(self.server.stdout.readline())

    def _wait_for_the_end(self, found: Seen) -> None:
        """Wait until the kernels of a killed driver have ended, as they do by themselves."""
        until = time.monotonic() + 20
        for pid in found.pids:
            while is_alive(pid) and time.monotonic() < until:
                time.sleep(0.02)
            if is_alive(pid):
                os.kill(pid, signal.SIGKILL)
                raise AssertionError(f"process {pid} did not end with the run")


def is_alive(pid: int) -> bool:
    """Return whether a process is there and no zombie."""
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
