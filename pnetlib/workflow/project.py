"""The folder of the project, found from the package and never from the working folder."""

from pathlib import Path

from pnetlib.errors import SetupError


def project_root() -> Path:
    """Return the folder that holds ``pyproject.toml``, ``notebooks`` and ``results``.

    Returns
    -------
    Path
        Absolute path, whatever the working folder of the caller is.

    Raises
    ------
    SetupError
        If the package is not inside a checkout of the project.
    """
    root = Path(__file__).resolve().parents[2]
    if not (root / "pyproject.toml").is_file():
        raise SetupError(
            f"pnetlib lies in {root}, which is no checkout of the project; "
            "install it with `pip install --no-deps -e .` from a clone."
        )
    return root
