"""What the paper states, as tables with a reader each: claims, table 1, markers, drugs.

The paper is Park, Imoto and Miyano, BMC Bioinformatics 2022;23:342, with its newsletter.
"""

import csv
from importlib.resources import files
from typing import TextIO


def open_table(name: str) -> TextIO:
    """Open one of the CSV files in this folder."""
    return files(__name__).joinpath(name).open(encoding="utf-8", newline="")


def read_rows(name: str) -> list[dict[str, str]]:
    """Return the rows of one of the CSV files in this folder, each by column name."""
    with open_table(name) as table:
        return list(csv.DictReader(table))
