"""Whether a source is a cohort of own tables; only the standard library is imported.

So ``./reproduce.sh`` knows which steps a run has before anything is installed.
"""

from __future__ import annotations

from pathlib import Path

NAME = "config.yml"
SUFFIXES = (".yml", ".yaml")


def config_path(source: str | Path) -> Path | None:
    """Return the config that a source is, or the ``config.yml`` in a folder; None without one."""
    path = Path(source)
    if path.suffix.casefold() in SUFFIXES and path.is_file():
        return path
    return path / NAME if (path / NAME).is_file() else None


def is_own(source: str | Path) -> bool:
    """Return whether a source is a cohort of own tables rather than the official files of GDSC.

    It is a config, or a folder with a config or with a table named expression.
    """
    path = Path(source)
    if config_path(path) is not None:
        return True
    try:
        names = [file.name.casefold() for file in path.iterdir()]
    except OSError:  # a file, a named source, or a folder that the loader reports
        return False
    return any(name.startswith("expression.") for name in names)
