"""The folder of the project, found from the package and never from the working folder."""

from pathlib import Path

from pnetlib.errors import SetupError


def project_root() -> Path:
    """Return the absolute path of the checkout, with ``pyproject.toml`` and ``notebooks``."""
    root = Path(__file__).resolve().parents[2]
    if not (root / "pyproject.toml").is_file():
        raise SetupError(
            f"pnetlib is installed in {root}, not in a checkout of the project: clone the repository "
            "and run ./reproduce.sh in it, or install the clone with `pip install --no-deps -e .`."
        )
    return root
