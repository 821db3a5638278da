"""``python -m pnetlib.cli.sources``: pip's settings that say where packages are found.

They are printed as variables, one per line, for ./reproduce.sh, which ignores all other settings of
the user: they could install elsewhere, install nothing, or refuse what has no hash. Only the standard
library is imported.
"""

import ast
import os
import subprocess
import sys
from collections.abc import Iterable

WHERE = (
    "cache-dir",
    "cert",
    "client-cert",
    "default-timeout",
    "extra-index-url",
    "find-links",
    "index-url",
    "keyring-provider",
    "no-cache-dir",
    "no-index",
    "proxy",
    "retries",
    "timeout",
    "trusted-host",
    "use-deprecated",
    "use-feature",
)
SECTIONS = ("global", "install", ":env:")  # a later one outranks those before it


def variables(listed: Iterable[str]) -> dict[str, str]:
    """Return the variables for pip that stand for the settings which ``pip config list`` printed.

    >>> variables(["global.proxy='http://proxy:1'", ":env:.proxy='http://mine:1'", "global.user='1'"])
    {'PIP_PROXY': 'http://mine:1'}
    """
    found = {}
    for section in SECTIONS:
        for line in listed:
            name, equals, value = line.strip().partition("=")
            if equals and name.rpartition(".")[0] == section and name.rpartition(".")[2] in WHERE:
                text = " ".join(str(ast.literal_eval(value)).split())
                found[f"PIP_{name.rpartition('.')[2].upper().replace('-', '_')}"] = text
    return found


def main() -> int:
    """Print the variables of this Python's pip; return 1 if it has none."""
    listed = [sys.executable, "-m", "pip", "config", "list"]
    loud = {**os.environ, "PIP_QUIET": "0"}  # a setting under which pip would list nothing
    done = subprocess.run(
        listed, env=loud, capture_output=True, text=True, errors="surrogateescape"
    )
    if done.returncode:
        return 1
    for name, value in variables(done.stdout.splitlines()).items():
        print(f"{name}={value}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
