"""``python -m pnetlib.runs``: what ``./reproduce.sh`` calls once its environment stands."""

import signal
import sys


def _stop_early(number, frame):
    print(f"error: stopped by {signal.Signals(number).name} before anything began; the same "
          "command begins anew.", file=sys.stderr, flush=True)
    sys.exit(75 if number == signal.SIGUSR1 else 128 + number)


if __name__ == "__main__":
    # At once: until the command stands, a signal must not look like a dead kernel.
    for name in ("SIGINT", "SIGTERM", "SIGUSR1"):
        signal.signal(getattr(signal, name), _stop_early)

    from pnetlib.runs.command import main

    sys.exit(main(sys.argv[1:]))
