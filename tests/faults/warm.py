"""A process that has imported everything, and runs commands of the package in copies of itself.

A run spends nearly all its time on importing packages, three times over. A copy made by fork has
them imported, so that hundreds of runs take minutes. The kernels of a run are copies of its driver,
made at the point where a new Python would be executed; all else is as ever. One request per line is
read, as JSON, and the exit code is answered once the command has ended.
"""

import asyncio
import ctypes
import gc
import json
import os
import signal
import sys
import traceback
import types
from pathlib import Path

# What the driver and the cells of tests/faults/scenarios.py use.
import joblib  # noqa: F401
import jupyter_client.launcher
import matplotlib.backends.backend_agg
import matplotlib.backends.backend_svg
import matplotlib.figure
import matplotlib_inline.backend_inline  # noqa: F401
import numpy as np
import pandas as pd
import scipy.sparse  # noqa: F401
from ipykernel import kernelapp

import pnetlib.cli.init
import pnetlib.cli.network
import pnetlib.cli.run
import pnetlib.execution.engine
import pnetlib.steps.style
import pnetlib.workflow.driver
import pnetlib.workflow.execute
from pnetlib.__main__ import main
from pnetlib.cli import dispatch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from faults import commands, long

_popen = jupyter_client.launcher.Popen


def _process(words, **options):
    """Start a process; a kernel is a copy of this one."""
    if "ipykernel_launcher" not in words:
        return _popen(words, **options)
    environment, kept = options["env"], options.get("pass_fds", ())
    options["preexec_fn"] = lambda: _exit_after(_kernel, words, environment, kept)
    return _popen(words, **options)


jupyter_client.launcher.Popen = _process


def _kernel(words, environment, kept):
    first = 3
    for fd in sorted(kept):
        os.closerange(first, fd)
        first = fd + 1
    os.closerange(first, 600)  # the shim's own are above
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    _standard_streams()
    os.environ.clear()
    os.environ.update(environment)
    asyncio._set_running_loop(None)
    asyncio.set_event_loop(asyncio.new_event_loop())
    # What it read from the environment when it was imported is not true of this process.
    sys.argv = [*words[2:], f"--IPKernelApp.parent_handle={os.getppid()}"]
    kernelapp.launch_new_instance()


def _standard_streams():
    for fd, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        stream = open(fd, mode, encoding="utf-8", closefd=False)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def _exit_after(function, *arguments):
    """Call a function and end this process as Python would."""
    try:
        code = function(*arguments)
    except SystemExit as error:
        code = error.code
    except BaseException:
        traceback.print_exc()
        code = 1
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code if isinstance(code, int) else 0 if code is None else 1)


def _command(request):
    os.closerange(3, 600)
    for fd, name in ((1, "stdout"), (2, "stderr")):
        file = os.open(request[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(file, fd)
        os.close(file)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    _standard_streams()
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    if request["state"]:
        ctypes.CDLL(None).fault_open(request["state"].encode())
    name, *rest = request["words"]
    if name == "call":
        return dispatch(["call", *rest])
    sys.argv = ["pnetlib", *request["words"]]
    return main()


def _call(words):
    function = getattr(commands, words[0], None) or getattr(long, words[0])
    function(*words[1:])
    return 0


# A subcommand of these tests, so that an error ends as that of any other.
pnetlib.cli.SUBCOMMANDS["call"] = "call a function of tests/faults/commands.py"
sys.modules["pnetlib.cli.call"] = types.SimpleNamespace(main=_call)


def _serve():
    # Fonts are looked for, and the first figure is slow, once for all.
    figure = matplotlib.figure.Figure()
    figure.subplots().plot([1, 2])
    figure.savefig(os.devnull, format="svg")
    pd.DataFrame({"x": np.arange(2.0)}).to_csv(os.devnull)
    gc.collect()
    gc.freeze()  # what is here is never looked at again, so that its memory stays shared
    answers = os.fdopen(os.dup(1), "w")
    print("ready", file=answers, flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        child = os.fork()
        if not child:
            _exit_after(_command, request)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), file=answers, flush=True)


if __name__ == "__main__":
    _serve()
