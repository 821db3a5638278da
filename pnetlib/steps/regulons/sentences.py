"""What notebook 14 says, in sentences made from its numbers."""

from pnetlib.paper.markers import NAMED_EDGE
from pnetlib.stats.intervals import side_of_zero
from pnetlib.steps.regulons.compute import ALONE, CORRELATION, NO_DRUG, PARTIAL, PRO
from pnetlib.words import agreed, counted, listed

NEGLIGIBLE = 0.005  # AUROC; ours


def of_regulons(regulons, universes):
    """Say where the known edges come from and how many are among the genes."""
    parts = [
        f"{u.known.sum():,} {agreed(u.known.sum(), 'edge', 'edges')} of {counted(len(u.tfs), 'TF')} "
        f"among {len(u.genes):,} genes ({u.name})"
        for u in universes
        if u.tfs
    ]
    empty = [
        f" None of the known edges lies among {u.name} ({len(u.genes):,}), so that this part is left out; "
        "a larger profile, such as standard, has more genes."
        for u in universes
        if not u.tfs
    ]
    said = " ".join(regulons.provenance["handled"])
    return (
        f"Known regulons: {regulons.provenance['source']}. {said} {listed(parts)}.{''.join(empty)}"
    )


def of_enrichment(table):
    """Say, universe by universe, which networks rank known edges before others."""
    lines = []
    for universe, part in table.groupby("universe", sort=False):
        texts = []
        for kind in (PRO, ALONE, CORRELATION, PARTIAL):
            own = part[part["kind"] == kind]
            if own.empty:
                continue
            clear = own[own["low"] > 0.5]
            text = f"{kind} {own['mean'].min():.3f}"
            if len(own) > 1:
                text += (
                    f" to {own['mean'].max():.3f}, clearly above 0.5 for {listed(clear['drug'])}"
                )
            else:
                row = own.iloc[0]
                text += f" ({row['low']:.3f} to {row['high']:.3f})"
            texts.append(text)
        lines.append(f"- {universe}, mean AUROC over TFs: {'; '.join(texts)}.")
        named = [_beyond_chance(kind, own) for kind, own in part.groupby("kind", sort=False)]
        lines.append(
            f"  - Over a null that keeps the number of targets of each TF and of TFs of each target, "
            f"the pooled AUROC is above chance (p below 0.05) for {listed(filter(None, named))}."
        )
    return "\n".join(lines)


def _beyond_chance(kind, part):
    """Name a kind of network with the drugs for which it is above chance; "" where for none."""
    passed = part.loc[part["p auroc"] < 0.05, "drug"]
    if passed.empty or list(part["drug"]) == [NO_DRUG]:
        return kind if len(passed) else ""
    return f"{kind} ({'all drugs' if len(passed) == len(part) else ', '.join(passed)})"


def of_gains(gains):
    """Say whether the joint estimate finds more known edges than the network alone."""
    lines = []
    for universe, part in gains.groupby("universe", sort=False):
        mean = part.iloc[-1]
        single = part.iloc[:-1]
        word = side_of_zero(mean, "fewer", "more", "neither clearly more nor fewer")
        small = "" if abs(mean["mean"]) >= NEGLIGIBLE else ", a difference too small to matter"
        lines.append(
            f"- {universe}: the joint estimate finds {word} known edges than the network alone "
            f"(AUROC {mean['mean']:+.4f}, {mean['low']:+.4f} to {mean['high']:+.4f}, mean of "
            f"{counted(len(single), 'drug')}; average precision {mean['precision gained']:+.4f}){small}."
        )
    return "\n".join(lines)


def of_edge(table, taken, stability):
    """Say what is left of the named edge once TFs may explain it."""
    name = f"{NAMED_EDGE[0]} and {NAMED_EDGE[1]}"
    if table.empty:
        return f"{name} are not both among the genes."
    lines = [
        f"TFs that correlate with both: {listed(f'{tf} ({r:.2f})' for tf, r in taken.items())}."
    ]
    for tissues, part in table.groupby("tissues", sort=False):
        part = part.set_index("lines")
        if "ST minus RS" not in part.index:
            continue
        st, difference = part.loc["ST"], part.loc["ST minus RS"]
        left = "survives" if difference["partial low"] > 0 else "does not clearly survive"
        lines.append(
            f"- In ST ({st['n']} lines, {tissues} tissues) their correlation of {st['raw']:z.2f} becomes "
            f"{st['partial']:z.2f} ({st['partial low']:.2f} to {st['partial high']:.2f}); the difference "
            f"to RS becomes {difference['partial']:+.2f} ({difference['partial low']:+.2f} to "
            f"{difference['partial high']:+.2f}) and {left}."
        )
    if len(stability):
        lines.append(
            "- With all TFs as rivals, the edge is found on "
            + listed(
                f"{row['frequency']:.0%} of {int(row['halves'])} halves of {group}"
                for group, row in stability.iterrows()
            )
            + "."
        )
    return "\n".join(lines)
