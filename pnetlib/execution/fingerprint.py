"""What results depend on besides data: the source of this library and the versions of packages.

Only the standard library is imported, as this is computed before anything else in every run.
"""

import hashlib
import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("numpy", "scipy", "numba")  # another version may change the last bits of a result
# Stored results depend on these parts of the package, except on modules with one of these names,
# which put tables into figures and words; they do not depend on the rest.
CALCULATION = ("datasets", "estimators", "execution/threads.py", "kernels")
CALCULATION += ("paper", "solvers", "stats", "steps")
PRESENTATION = ("figures.py", "page.html", "page.js", "page.py", "sentences.py", "style.py")


@cache
def library_digest(*parts: str, without: tuple[str, ...] = ()) -> str:
    """Return the SHA-256 of this library's Python files, tables and pages, by default of all.

    `parts` are files or folders in the package, such as those of `CALCULATION`; files with a name
    in `without` are left out.
    """
    root = Path(__file__).parents[1]
    files = {
        file
        for part in parts or [""]
        for kind in ("*.py", "*.csv", "*.html", "*.js")
        for file in ([root / part] if part.endswith(".py") else (root / part).rglob(kind))
        if file.name not in without
    }
    found = hashlib.sha256()
    for file in sorted(files):
        found.update(f"{file.relative_to(root).as_posix()}\0".encode())
        found.update(hashlib.sha256(file.read_bytes()).digest())
    return found.hexdigest()


def calculation_digest() -> str:
    """Return the SHA-256 of all code that decides a stored result."""
    return library_digest(*CALCULATION, without=PRESENTATION)


@cache
def versions() -> dict[str, str]:
    """Return the versions of Python and of `PACKAGES`; ``"none"`` for one that is not installed."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "none"
    return found
