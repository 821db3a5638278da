"""``python -m pnetlib.runs``: what ``./reproduce.sh`` calls once its environment stands."""

import sys

from pnetlib.runs.command import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
