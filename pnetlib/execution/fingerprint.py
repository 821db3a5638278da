"""What results depend on besides data: the source of this library and the versions of packages.

Only the standard library is imported, as this is computed before anything else in every run.
"""

import ast
import hashlib
import platform
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pnetlib import __version__

ABSENT = "none"
PACKAGES = ("numpy", "scipy", "numba")  # another version may change the last bits of a result
# Stored results depend on these parts of the package, except on modules with one of these names,
# which put tables into figures and words; they do not depend on the rest.
CALCULATION = ("datasets", "estimators", "execution/threads.py", "kernels")
CALCULATION += ("paper", "solvers", "stats", "steps")
PRESENTATION = ("figures.py", "page.html", "page.js", "page.py", "sentences.py", "style.py")


# Stored results are computed from cohorts, whose class a task need not import.
ALWAYS = ("pnetlib.datasets.cohort",)


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
        for file in ([root / part] if part.endswith((".py", ".csv")) else (root / part).rglob(kind))
        if file.name not in without
    }
    found = hashlib.sha256()
    for file in sorted(files):
        found.update(f"{file.relative_to(root).as_posix()}\0".encode())
        found.update(hashlib.sha256(file.read_bytes()).digest())
    return found.hexdigest()


def calculation_digest() -> str:
    """Return the SHA-256 of all code that decides stored results."""
    return library_digest(*CALCULATION, without=PRESENTATION)


def code_digest(module: str) -> str:
    """Return the SHA-256 of the code that decides the results of one module of the calculation.

    It is the module's own and that of every module of `CALCULATION` that it imports, or that those
    import, at any depth. Code that it never reaches may change without changing the digest.
    """
    return library_digest(*_reached(module))


@cache
def _reached(module: str) -> tuple[str, ...]:
    root, found, left = Path(__file__).parents[1], set(), [module, *ALWAYS]
    while left:
        file = _file_of(root, left.pop())
        name = file and file.relative_to(root).as_posix()
        if file is None or name in found or not name.startswith(CALCULATION):
            continue
        found.add(name)
        found |= {table.relative_to(root).as_posix() for table in file.parent.glob("*.csv")}
        left += _imports(root, file)
    return tuple(sorted(found))


def _imports(root: Path, file: Path) -> Iterator[str]:
    """Yield the dotted names that a file imports from this package, at any depth."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if _file_of(root, inner) else node.module


def _file_of(root: Path, module: str) -> Path | None:
    """Return the file of a module of this package, or None for another one."""
    first, *parts = module.split(".")
    if first != root.name or not parts:
        return None
    path = root.joinpath(*parts)
    choices = (path.with_name(f"{path.name}.py"), path / "__init__.py")
    return next((choice for choice in choices if choice.is_file()), None)


@cache
def versions() -> dict[str, str]:
    """Return the versions of Python and of `PACKAGES`; `ABSENT` for one that is not installed."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = ABSENT
    return found


def identity() -> dict[str, str]:
    """Return what computes here: version and source of this library, and `versions`."""
    return {"pnetlib": f"{__version__}+{calculation_digest()[:12]}", **versions()}


def difference(found: Mapping[str, str], expected: Mapping[str, str]) -> str:
    """Return in words the first difference between two identities; empty text if there is none.

    >>> difference({"numpy": "1.26.4"}, {"numpy": "2.2.0"})
    'another numpy than this run (1.26.4, not 2.2.0)'
    """
    for name, value in expected.items():
        other = found.get(name, "unknown")
        if other != value:
            return f"another {name} than this run ({other}, not {value})"
    return ""
