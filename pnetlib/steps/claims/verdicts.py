"""Verdicts: what one number says about a claim, and how the parts of a claim make its verdict.

Every part of a claim has a test with two one-sided p values: ``ahead``, small if the part is as the
paper says, and ``against``, small if the opposite holds. Both directions have the same level: half
of `LEVEL`, divided by the number of parts where one part is enough.

``reproduced``
    Every part of the claim can be tested, each has ``ahead`` below the level, and each meets the
    conditions that the paper states beside the number (such as an edge that is absent).
``partly``
    Some part has ``ahead`` below the level divided by the number of parts tested, but not every
    part can be tested, is clear, or meets the conditions.
``contradicted``
    Some part has ``against`` below the level divided by the number of parts tested. A claim of
    several parts is wrong if one of them is.
``undecided``
    None of these: the data cannot tell.
``not testable``
    No part can be tested.

If there is no effect and the p values hold, the probability of ``reproduced`` or ``partly`` is at
most 2.5%, and so is that of ``contradicted``. These are levels for one claim: no correction is made
for the number of claims. `rates` computes these probabilities, and the power, for the evidence of a
run.
"""

from typing import NamedTuple

from pnetlib.stats.permutation import LEVEL

REPRODUCED, PARTLY, UNDECIDED = "reproduced", "partly", "undecided"
CONTRADICTED, UNTESTABLE = "contradicted", "not testable"
VERDICTS = (REPRODUCED, PARTLY, UNDECIDED, CONTRADICTED, UNTESTABLE)
ONE_SIDED = LEVEL / 2


class Number(NamedTuple):
    """An estimate with its 95% interval and two-sided p value, where they are known.

    ``above`` and ``below`` are one-sided p values, of a value as large or as small by chance; where
    they are not known the null distribution is symmetric, and half of p is one of them.
    """

    value: float
    low: float | None = None
    high: float | None = None
    p: float | None = None
    above: float | None = None
    below: float | None = None

    def __str__(self):
        text = f"{self.value:+.3f}"
        if self.low is not None:
            text += f" ({self.low:+.3f} to {self.high:+.3f})"
        return text if self.p is None else f"{text}, {p_text(self.p)}"

    def one_sided(self, sign):
        """Return the p value of the test that this number lies on the side of `sign` (1 or -1)."""
        if self.above is not None:
            return self.above if sign > 0 else self.below
        half = self.p / 2
        return half if sign * self.value > 0 else 1.0 - half


def p_text(p):
    """Return a p value in words."""
    return "p < 0.0001" if p < 1e-4 else f"p {p:.2g}"


class Part(NamedTuple):
    """One part of a claim: what was found, in a few words, and the test of it.

    ``ahead`` and ``against`` are one-sided p values, None if the part cannot be tested; ``whole``
    says whether the conditions beside the number hold. A test of several genes at once is one part
    that ``covers`` them all.
    """

    found: str
    ahead: float | None = None
    against: float | None = None
    whole: bool = True
    covers: int = 1

    @property
    def tested(self):
        """Whether the run has a test of this part."""
        return self.ahead is not None


def part_of(found, number, sign, whole=True):
    """Return the part that rests on one number, which the paper has on the side of `sign`."""
    if number.p is None:
        return Part(f"{found} (no test in this run)")
    return Part(found, number.one_sided(sign), number.one_sided(-sign), whole)


def combine(parts):
    """Return the verdict on a claim from its parts, by the rule of this module."""
    tested = [part for part in parts if part.tested]
    if not tested:
        return UNTESTABLE
    if any(part.against < ONE_SIDED / len(tested) for part in tested):
        return CONTRADICTED
    clear = all(part.ahead < ONE_SIDED and part.whole for part in tested)
    if clear and len(tested) == len(parts):
        return REPRODUCED
    if any(part.ahead < ONE_SIDED / len(tested) for part in tested):
        return PARTLY
    return UNDECIDED
