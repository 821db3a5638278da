"""The seven markers and the edge that the paper names.

The source is Park, Imoto and Miyano, BMC Bioinformatics 2022;23:342, with its newsletter.
"""

from typing import NamedTuple

from pnetlib.paper import read_rows


class Marker(NamedTuple):
    """A gene that the paper calls a marker common to the four drugs.

    Parameters
    ----------
    role : str
        ``"sensitivity"`` or ``"resistance"`` for a marker that the paper calls so, else
        ``"marker"``.
    statement : str
        What the paper says about it.
    known_before : bool
        Whether earlier studies linked it to cancer. The newsletter counts five such markers and
        names the other two, from which the five follow.
    """

    role: str
    statement: str
    known_before: bool


MARKERS = {
    row["gene"]: Marker(row["role"], row["statement"], row["known_before"] == "yes")
    for row in read_rows("markers.csv")
}

NAMED_EDGE = ("AKR1C1", "ANXA10")  # regulator and target: strong in ST, absent in RS
