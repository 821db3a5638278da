"""What a finished run found: short values, sentences and tables for the pages that state them.

A page has its generated texts between two comments, which browsers do not show::

    <!-- findings: verdicts -->
    ...
    <!-- /findings -->

`fill` replaces what stands between them by the finding of that name. Where the first comment
stands alone on its line, the text has lines of its own; else it stays within the sentence.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

import pnetlib
from pnetlib.errors import UsageError
from pnetlib.findings import english, japanese, overview, tables
from pnetlib.paper.table1 import published_selection
from pnetlib.steps.claims.evidence import table_cells
from pnetlib.steps.claims.sentences import conclusion, of_rates
from pnetlib.steps.claims.verdicts import VERDICTS, p_text
from pnetlib.steps.comparison.sentences import conclusion as of_comparison
from pnetlib.steps.differences.sentences import of_presence, of_smallest_q
from pnetlib.steps.markers.sentences import conclusion as of_common_markers
from pnetlib.steps.multiverse.sentences import decisions_table, of_claims, overall
from pnetlib.steps.networks.compute import GROUPS
from pnetlib.steps.simulation.ablation import changes
from pnetlib.steps.simulation.sentences import of_ablation
from pnetlib.steps.stability.sentences import conclusion as of_stability
from pnetlib.words import harmless, listed, table_text
from pnetlib.workflow.artefacts import FIGURES, captions, results_of, step_costs
from pnetlib.workflow.freshness import step_records

BLOCK = re.compile(r"(<!-- findings: ([^>]+?) -->)(.*?)(<!-- /findings -->)", re.S)
FROM_STEP = {
    "prediction": "02",
    "markers": "03",
    "networks": "09",
    "effects": "09",
    "simulation": "06",
    "drugs": "10",
    "searches": "07",
    "ceiling": "12",
    "laboratory": "13",
    "regulons": "14",
    "multiverse": "15",
}
VALUES = ("cell lines", "genes", "tissues", "seed", "source", "profile", "version")  # of any run
LANGUAGES = {"": english, " ja": japanese}


def findings(folder: Path) -> dict[str, str]:
    """Return what the run in a folder found, by name.

    Parameters
    ----------
    folder : Path
        Folder of a run, such as ``results/gdsc-standard``. What a missing step would have said is
        a sentence that says so.

    Returns
    -------
    dict of str to str
        Sentences and tables in Markdown, and short values such as a mean error, rounded. A name
        that ends in ``ja`` has the text in Japanese. Texts of a run on simulated data begin with
        a sentence that says so.
    """
    folder = Path(folder)
    results = results_of(folder)
    facts, data = _facts(results), results["data"]
    simulated = data is not None and data["simulated"]
    found = _sentences(facts, simulated)
    found |= _verdicts(results["claims"], simulated)
    found |= _labelled(_tables(results, facts), simulated)
    found["decisions"] = decisions_table()
    shown = captions(folder)
    found |= {f"caption {name}": shown.get(name, "Not drawn in this run.") for name in FIGURES}
    found |= (
        dict.fromkeys(VALUES, "(not computed)") | _values(facts, data) | _origin(folder, results)
    )
    return {name: harmless(text) for name, text in sorted(found.items())}


def fill(text: str, found: Mapping[str, str], page: str = "the page") -> str:
    """Return a page with its generated blocks replaced by the findings they name.

    Parameters
    ----------
    text : str
        The page, in Markdown.
    found : mapping of str to str
        As `findings` returns it.
    page : str, default="the page"
        Its name, for the message.

    Raises
    ------
    UsageError
        If a block names a finding that there is not.
    """

    def replaced(match: re.Match) -> str:
        start, name, old, end = match.groups()
        if name not in found:
            raise UsageError(f"{page} asks for the finding {name!r}, which no run has; correct it.")
        edge = "\n" if old.startswith("\n") else ""
        return f"{start}{edge}{found[name]}{edge}{end}"

    return BLOCK.sub(replaced, text)


def without_blocks(text: str) -> str:
    """Return a page without the texts of its generated blocks, which are not written by hand."""
    return BLOCK.sub(r"\1\4", text)


def _labelled(texts: Mapping[str, str], simulated: bool, label: str = english.SIMULATED) -> dict:
    """Return texts that begin with the label of simulated data, where they come from such."""
    return {name: f"{label}\n\n{text}" if simulated else text for name, text in texts.items()}


def _facts(results: Mapping[str, Any]) -> dict[str, Any]:
    """Return topic to what `overview` says about it; None where its step was not run."""
    published = published_selection()
    sources: dict[str, tuple[Any, Callable[..., Any]]] = {
        "prediction": (results["predictions"], overview.of_prediction),
        "markers": (results["markers"], overview.of_markers),
        "networks": (results["differences"], overview.of_networks),
        "effects": (results["differences"], overview.of_effects),
        "simulation": (
            results["simulation"],
            lambda study: overview.of_simulation(study, published),
        ),
        "drugs": (results["drugs"], overview.of_drugs),
        "searches": (results["lambdas"], overview.of_searches),
        "ceiling": (results["screens"], overview.of_ceiling),
        "laboratory": (results["laboratory"], overview.of_laboratory),
        "regulons": (results["regulons"], overview.of_regulons),
        "multiverse": (results["multiverse"], overview.of_multiverse),
    }
    return {
        topic: None if source is None else make(source) for topic, (source, make) in sources.items()
    }


def _sentences(facts: Mapping[str, Any], simulated: bool) -> dict[str, str]:
    """Return the sentences on each topic, and all of them as a list, in every language."""
    found = {}
    for suffix, language in LANGUAGES.items():
        texts = {}
        for topic, fact in facts.items():
            if fact is None:
                texts[topic] = language.missing(FROM_STEP[topic])
            else:
                texts[topic] = getattr(language, topic)(fact)
        bullets = (f"- **{language.NAMES[topic]}:** {text}" for topic, text in texts.items())
        own = {**texts, "found": "\n".join(bullets)}
        own = _labelled(own, simulated, language.SIMULATED)
        found |= {f"{name}{suffix}": text for name, text in own.items()}
    return found


def _verdicts(judged: Mapping[str, Any] | None, simulated: bool) -> dict[str, str]:
    """Return counts, lists and tables of the verdicts of step 16, in every language."""
    names = ("verdicts", "claims", "conclusion", "rates of error", "rates of claims")
    if judged is None:
        found = {name: english.missing("16").capitalize() for name in names}
        return found | {f"{name} ja": japanese.missing("16") for name in names[:2]}
    claims = dict(judged["claims"])
    counts = overview.of_verdicts(claims)
    rates = pd.DataFrame(judged["rates"]).T
    found = {
        "verdicts": english.verdicts(counts),
        "claims": tables.claims(claims),
        "rates of error": of_rates(rates),
        "rates of claims": tables.rates_of_claims(rates),
    }
    found = _labelled(found, simulated)
    found["conclusion"] = conclusion(pd.DataFrame(claims).T, simulated)  # has its own label
    in_japanese = {
        "verdicts ja": japanese.verdicts(counts),
        "claims ja": tables.claims_in_japanese(claims, japanese.TITLES, japanese.VERDICT_WORDS),
    }
    values = {f"verdicts {verdict}": str(counts[verdict]) for verdict in VERDICTS}
    return found | _labelled(in_japanese, simulated, japanese.SIMULATED) | values


def _tables(results: Mapping[str, Any], facts: Mapping[str, Any]) -> dict[str, str]:
    """Return the tables and the further sentences of the page of results."""
    prediction = facts["prediction"]
    makers: dict[str, tuple[str, Any, Callable[[Any], str]]] = {
        "table of errors": ("02", prediction, lambda found: tables.errors(found["errors"])),
        "table of differences": (
            "02",
            prediction,
            lambda found: tables.differences(found["differences"]),
        ),
        "table of markers": ("03", results["markers"], tables.markers),
        "table of settings": ("09", results["differences"], tables.settings),
        "table of degrees": ("09", results["differences"], tables.degrees),
        "table of effects": ("09", facts["effects"], lambda found: tables.effects(found["rows"])),
        "presence": (
            "09",
            results["differences"],
            lambda found: "\n".join(f"- {text}" for text in of_presence(found["presence"])),
        ),
        "prediction by drug": (
            "02",
            prediction,
            lambda found: of_comparison(found["errors"], found["differences"]),
        ),
        "markers by chance": ("03", results["markers"], _of_markers),
        "components": ("06", results["ablation"], lambda t: of_ablation(changes(t))),
        "smallest q": (
            "09",
            results["differences"],
            lambda found: of_smallest_q(
                found["smallest"]["edges"], found["tested"]["edges"], found["permutations"]
            ),
        ),
        "table of rates": (
            "06",
            results["simulation"],
            lambda found: tables.rates(table_cells(found), published_selection()),
        ),
        "stability": ("08", results["stability"], _of_stability),
        "table of ceilings": ("12", results["screens"], tables.ceilings),
        "table of the laboratory": (
            "13",
            results["laboratory"] if facts["laboratory"] else None,
            tables.laboratory,
        ),
        "table of enrichment": ("14", results["regulons"], tables.enrichment),
        "table of readings": ("16", results["claims"], tables.readings),
        "table of robustness": ("15", results["multiverse"], tables.robustness),
        "every reading": ("15", results["multiverse"], overall),
        "readings of claims": ("15", results["multiverse"], of_claims),
        "table of wins": ("10", results["drugs"], lambda found: tables.wins(found["wins"])),
        "table of searches": (
            "07",
            results["lambdas"],
            lambda found: tables.searches(found["search_claims"]),
        ),
    }
    return {
        name: english.missing(step).capitalize() if source is None else make(source)
        for name, (step, source, make) in makers.items()
    }


def _of_stability(numbers: Mapping[str, Any]) -> str:
    """Return what notebook 08 concludes, in its order, which JSON with sorted keys has lost."""
    by_width = dict(sorted(numbers["markers"].items(), key=lambda item: int(item[0])))
    groups = {kind: {group: numbers[kind][group] for group in GROUPS} for kind in ("edges", "hubs")}
    return of_stability({**numbers, "markers": by_width, **groups})


def _of_markers(numbers: Mapping[str, Any]) -> str:
    """Return what notebook 03 concludes from its numbers."""
    common = pd.Series(index=numbers["common"], dtype=float)
    published = pd.DataFrame(numbers["published"])
    return of_common_markers(common, published, numbers["top"], numbers["n_genes"])


def _origin(folder: Path, results: Mapping[str, Any]) -> dict[str, str]:
    """Return which run the findings are from, in a sentence and as the page of provenance."""
    records, costs = step_records(folder), step_costs(folder)
    made = [record["made_from"] for record in records.values()]
    profile = made[0]["profile"] if made else "unknown"
    data, comparison = results["data"], results["comparison"]
    if data is None or comparison is None:
        gone = english.missing("01, 02").capitalize()
        return {"run": gone, "run ja": japanese.missing("01, 02"), "provenance": gone}
    source, files, seed = data["source"], data["files"], comparison["seed"]
    kind, kind_ja = (
        ("simulated data, ", "シミュレーションデータ、") if data["simulated"] else ("", "")
    )
    files = "\n".join(f"- `{name}`: `{digest}`" for name, digest in sorted(files.items()))
    versions = sorted({pair for r in records.values() for pair in r["versions"].items()})
    rows = (
        [
            step,
            *(
                "not recorded" if value is None else f"{value:,.0f}"
                for value in map(costs.get(step, {}).get, ("seconds", "peak_mb", "threads"))
            ),
            _parameters(record["parameters"]),
        ]
        for step, record in records.items()
    )
    columns = ["step", "seconds", "peak memory, MB", "threads", "further parameters"]
    table = table_text(columns, rows)
    parts = [
        f"- Run: `{folder.name}` ({kind}source `{source}`, profile `{profile}`, seed {seed}).",
        f"- Version of `pnetlib`: {pnetlib.__version__}. SHA-256 of its source: "
        f"{listed(f'`{digest}`' for digest in sorted({r['library'] for r in records.values()}))}.",
        f"- Versions: {listed(f'{name} {number}' for name, number in versions)}.",
        f"\nFiles read, with their SHA-256:\n\n{files or 'none'}",
        "\nCorrections made to them:\n",
        "\n".join(f"- {text}" for text in data["handled"]) or "None.",
        f"\nTime, memory and parameters of each step; a parameter not named is 0 or empty:\n\n{table}",
    ]
    return {
        "run": f"Numbers are from the run `{folder.name}` ({kind}version {pnetlib.__version__}, profile "
        f"`{profile}`, seed {seed}), under this project's choices.",
        "run ja": f"数値は、実行 `{folder.name}`（{kind_ja}バージョン {pnetlib.__version__}、プロファイル "
        f"`{profile}`、シード {seed}）によるもので、本プロジェクトの選択に基づきます。",
        "provenance": "\n".join(parts),
        "seed": str(seed),
        "version": pnetlib.__version__,
        "source": source,
        "profile": profile,
    }


def _parameters(given: Mapping[str, Any]) -> str:
    """Return the parameters of a step that are set, without those of the run and without folders."""
    kept = {
        name: value
        for name, value in given.items()
        if value
        and name not in ("source", "profile", "seed")
        and not Path(str(value)).is_absolute()
    }
    return ", ".join(f"`{name} = {value!r}`" for name, value in sorted(kept.items())) or "none"


def _values(facts: Mapping[str, Any], data: Mapping[str, Any] | None) -> dict[str, str]:
    """Return short values of the steps that were run, rounded as text."""
    found = {}
    if data is not None:
        found["cell lines"] = f"{data['lines']['expression']:,}"
        found["genes"] = f"{data['genes']['n_genes'] + data['genes']['forced']:,}"
        found["tissues"] = str(len(data["tissues"]))
    if facts["prediction"]:
        mean = facts["prediction"]["errors"].groupby("method")["mean"].mean()
        found |= {f"error {method}": f"{value:.3f}" for method, value in mean.items()}
        found["network minus expression"] = str(facts["prediction"]["gain"])
    if facts["networks"] and facts["networks"]["edge"]:
        row = facts["networks"]["edge"]
        found |= {"edge ST": f"{row['ST']:.2f}", "edge RS": f"{row['RS']:.2f}"}
        found["edge p"] = p_text(row["p"]).removeprefix("p ")
    if facts["simulation"]:
        for rate in ("TP", "TN"):
            values = (row[rate] for row in facts["simulation"]["rates"])
            found[f"{rate} Pro"] = listed(f"{value:.2f}" for value in values)
    return found
