"""The seven markers the paper names, with the roles it gives them."""

from typing import NamedTuple


class Marker(NamedTuple):
    """A gene that the paper calls a marker common to the four drugs.

    Parameters
    ----------
    role : str
        ``"sensitivity"`` or ``"resistance"`` for a marker the paper calls so, else ``"marker"``.
    statement : str
        What the paper says of it.
    known_before : bool
        Whether the paper holds it to be known from earlier studies of cancer.
    """

    role: str
    statement: str
    known_before: bool


MARKERS = {
    "AKR1C1": Marker("marker", "regulates ANXA10 strongly in ST", known_before=True),
    "AKR1C3": Marker("resistance", "a hub of the RS network", known_before=True),
    "AKR1B10": Marker("resistance", "a hub of the RS network", known_before=True),
    "ANXA10": Marker(
        "sensitivity",
        "a hub of the ST network, regulated by AKR1C1 there and not in RS",
        known_before=True,
    ),
    "ZNF165": Marker("sensitivity", "a hub of the ST network", known_before=True),
    "ZNF204P": Marker("marker", "no earlier study", known_before=False),
    "C1QL1": Marker("marker", "no earlier study", known_before=False),
}

NAMED_EDGE = ("AKR1C1", "ANXA10")  # regulator and target: strong in ST, gone in RS
