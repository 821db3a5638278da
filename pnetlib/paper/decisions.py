"""What the readable text of the paper leaves open, with options that are plausible.

The table was written before the readings were computed. Before it, trials had been made of four
options: RMA values, network-constrained regression, and in the simulation the fixed lambdas and one
standard error; they are among the options because of what these trials showed.
"""

from dataclasses import dataclass
from itertools import groupby

from pnetlib.paper import read_rows


@dataclass(frozen=True)
class Option:
    """One way to decide.

    Attributes
    ----------
    name : str
    means : str
        What is done.
    because : str
        Why it is plausible.
    """

    name: str
    means: str
    because: str


@dataclass(frozen=True)
class Decision:
    """Something that the text leaves open.

    Attributes
    ----------
    name, title : str
    claims : tuple of str
        Ids of the claims to which it matters.
    options : tuple of Option
        The first is this project's default.
    """

    name: str
    title: str
    claims: tuple
    options: tuple

    @property
    def names(self):
        """Names of the options, the default first."""
        return [option.name for option in self.options]

    @property
    def default(self):
        """Name of the default."""
        return self.options[0].name


def open_decisions():
    """Return name to `Decision`, in the order of the table.

    Options are those of ``decisions.csv``; the first of a decision is the default of this project.
    """
    found = {}
    for name, rows in groupby(read_rows("decisions.csv"), key=lambda row: row["decision"]):
        rows = list(rows)
        options = tuple(Option(row["option"], row["means"], row["because"]) for row in rows)
        found[name] = Decision(name, rows[0]["title"], tuple(rows[0]["claims"].split()), options)
    return found
