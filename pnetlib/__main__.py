"""``python -m pnetlib``, and the command ``pnetlib``."""

import signal
import sys


def _stop_early(number, frame):
    print(
        f"error: stopped by {signal.Signals(number).name} before anything started; "
        "run the same command again.",
        file=sys.stderr,
        flush=True,
    )
    sys.exit(75 if number == signal.SIGUSR1 else 128 + number)


def main():
    """Run the command line of this process and return its exit code."""
    # First of all: until the command handles signals, one must not look like a dead kernel.
    for name in ("SIGINT", "SIGTERM", "SIGUSR1"):
        signal.signal(getattr(signal, name), _stop_early)

    from pnetlib.cli import dispatch

    return dispatch(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
