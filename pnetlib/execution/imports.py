"""Large packages that a package imports if they are there, and that no command here needs."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

# jsonschema's check of internationalised addresses, which comes with JupyterLab: it builds a grammar
# of three seconds. Notebooks are checked against a schema that has no such addresses.
UNNEEDED = ("rfc3987_syntax",)


@contextmanager
def without_unneeded() -> Iterator[None]:
    """Let packages of `UNNEEDED` look as if they were not installed while others are imported."""
    hidden = [name for name in UNNEEDED if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))
    try:
        yield
    finally:
        for name in hidden:
            sys.modules.pop(name, None)
