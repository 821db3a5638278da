"""The command ``pnetlib``, also called as ``python -m pnetlib``."""

import signal
import sys
from typing import NoReturn


def _stop_before_start(number: int, frame: object) -> NoReturn:
    print(
        f"error: stopped by {signal.Signals(number).name} before anything started; "
        "run the same command again.",
        file=sys.stderr,
        flush=True,
    )
    sys.exit(75 if number == signal.SIGUSR1 else 128 + number)


def main() -> int:
    """Run the command line of this process and return its exit code."""
    # Before any import: a signal during start-up must end in a sentence, not in a traceback.
    for name in ("SIGINT", "SIGTERM", "SIGUSR1"):
        signal.signal(getattr(signal, name), _stop_before_start)

    from pnetlib.cli import dispatch

    return dispatch(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
