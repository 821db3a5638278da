"""How kernels are compiled: stored where there is a place for them, and open to Ctrl-C."""

import os
from collections.abc import Callable
from typing import Any

from numba import njit
from numba.core import config
from numba.core.caching import FunctionCache
from numba.core.registry import CPUDispatcher

from pnetlib.words import say_once


class _Stored(FunctionCache):
    """Numba's cache of one kernel; without a file that can be read or written it does nothing."""

    def load_overload(self, *call: Any) -> Any:
        try:
            return super().load_overload(*call)
        except Exception:  # whatever reading a damaged file may raise
            return None

    def save_overload(self, *call: Any) -> None:
        try:
            super().save_overload(*call)
        except Exception as error:  # it reads the same file
            self.disable()
            _say_unstored(f"{self.cache_path} cannot be used ({error})")


class Kernel(CPUDispatcher):
    """A compiled function that stores its code where possible and can be interrupted.

    Where a signal arrives while numba converts what a kernel returns, numba raises a `SystemError`
    that follows from what the signal raised, such as `KeyboardInterrupt`; a call raises the latter.
    """

    def __call__(self, *arguments: Any) -> Any:
        try:
            return super().__call__(*arguments)
        except SystemError as error:
            first = error
            while isinstance(first, SystemError):
                first = first.__cause__ or first.__context__
            if first is None:
                raise
            raise first from None

    def enable_caching(self) -> None:
        """Store compiled code unless no folder can be written, which is said once."""
        # Numba would make a folder named ~ where the home folder is unknown.
        known = config.CACHE_DIR or os.environ.get("XDG_CACHE_HOME")
        try:
            if not known and not os.path.isabs(os.path.expanduser("~")):
                raise RuntimeError("the home folder is unknown")
            self._cache = _Stored(self.py_func)
        except (RuntimeError, OSError):
            _say_unstored("no folder for compiled kernels can be written")


def _say_unstored(reason: str) -> None:
    say_once(
        f"{reason}, so kernels are compiled anew in each process; set NUMBA_CACHE_DIR to a "
        "writable folder."
    )


def kernel(function: Callable) -> Callable:
    """Compile a function at its first call, to be called from Python and from other kernels.

    It holds no lock of Python while it computes.
    """
    compiled = njit(nogil=True)(function)
    if isinstance(compiled, CPUDispatcher):  # else NUMBA_DISABLE_JIT is set
        compiled.__class__ = Kernel
        compiled.enable_caching()
    return compiled
