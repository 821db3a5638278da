"""What a config.yml means for a run, and the config that a run records.

The config itself is read with packages; this module imports them only where there is a config.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pnetlib.datasets import DEFAULT_SEED
from pnetlib.datasets.own_source import NAME as CONFIG, config_path
from pnetlib.errors import MissingDrugError, PnetError, UsageError
from pnetlib.words import shown
from pnetlib.workflow.notebooks import Step
from pnetlib.workflow.parameters import check_source, is_named_source
from pnetlib.workflow.project import project_root
from pnetlib.workflow.run import Run

if TYPE_CHECKING:
    from pnetlib.config import Config

# Parameters of which one replaces the others, and those that the keys of a config set.
GENES = ("n_genes", "gene_fraction", "genes")
KEYS = (*GENES, "drugs", "markers", "groups", "group_size", "regulators")
KEY_OF = {
    "drugs": "responses.names",
    "groups": "groups.rule",
    "group_size": "groups.size",
    "n_genes": "genes.number",
    "gene_fraction": "genes.fraction",
    "genes": "genes.only",
    "markers": "markers",
    "regulators": "regulators",
}
ALL = "all"
LONGEST = 60  # characters of a value in a message
HEADER = """# The choices of this run, as they were resolved from its config and its options.
# ./reproduce.sh --data FILE, with the path of a copy of this file, repeats it.
"""


@dataclass(frozen=True)
class Settings:
    """What a source says about a run by its config.

    Attributes
    ----------
    source : str
        Name or absolute path of the source itself.
    profile : str
    seed : int
    config : Path or None
    parameters : dict of str to str
        Parameters of notebooks, as the option -p would give them.
    written : dict of str to str
        Those that stand in the config as lists or with roles, as they stand there.
    """

    source: str
    profile: str = "standard"
    seed: int = DEFAULT_SEED
    config: Path | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    written: Mapping[str, str] = field(default_factory=dict)

    def out(self, profile: str) -> str:
        """Return the folder of results where the config uses another source; else "" for the usual."""
        if self.config is None or self.source == str(self.config) or not self.parameters:
            return ""
        if Path(self.source) == self.config.parent and self.config.name == CONFIG:
            return ""
        return str(project_root() / "results" / Run(str(self.config), profile).name)

    def origins(self, given: Iterable[str]) -> dict[str, str]:
        """Return where each parameter comes from that the config sets and the options do not.

        The words are those of a sentence, such as "groups.size in config.yml, which is 40".
        """
        if self.config is None:
            return {}
        return {
            name: f"{key_of(name)} in {self.config.name}, which is {self.written.get(name) or _plainly(text)}"
            for name, text in self.parameters.items()
            if name not in set(given)
        }

    def called(self, given: Iterable[str]) -> dict[str, str]:
        """Return what a message calls the parameters of `origins`: the keys of the config."""
        return {name: f"{self.config.name}: {key_of(name)}" for name in self.origins(given)}

    def merged(self, given: Mapping[str, str], steps: Iterable[Step]) -> dict[str, str]:
        """Return the parameters of the config and, in their place, those given on the command line.

        Parameters of notebooks that are not among `steps` are left out.
        """
        known = {name for step in steps for name in step.defaults}
        own = {name: text for name, text in self.parameters.items() if name in known}
        if any(name in given for name in GENES):
            own = {name: text for name, text in own.items() if name not in GENES}
        return own | dict(given)


def _plainly(text: str) -> str:
    """Return a number as it is, and other text in quotes."""
    return text if text.replace(".", "", 1).isdecimal() else shown(text, LONGEST)


def key_of(parameter: str) -> str:
    """Return the key of a config that sets a parameter of the notebooks.

    >>> key_of("group_size"), key_of("draws")
    ('groups.size', 'parameters.draws')
    """
    return KEY_OF.get(parameter, f"parameters.{parameter}")


def name_origin(error: PnetError, origins: Mapping[str, str]) -> None:
    """Add to the message of an error about a parameter which key of the config has set it.

    A message is about the parameter that it begins with, or about the drugs if it misses one.
    """
    said = str(error)
    for name, origin in origins.items():
        about_drugs = name == "drugs" and isinstance(error, MissingDrugError)
        if about_drugs or re.match(rf"(\w+ of )?{re.escape(name)}\b", said):
            if f"{key_of(name)} in " not in said:
                error.args = (f"{said.removesuffix('.')} (set by {origin}).",)
            return


def settings_of(source: str) -> Settings:
    """Return the `Settings` of a source, as `check_source` returned it.

    Raises
    ------
    UsageError, DataError
        If its config is wrong.
    """
    path = None if is_named_source(source) else config_path(source)
    if path is None:
        return Settings(source)
    try:
        from pnetlib.config import read_config
    except ImportError:  # before an installation; the config is checked after it
        return Settings(source, config=path)
    config = read_config(path)
    own = source
    if isinstance(config.data, str):
        own = check_source(config.data, path.parent, called=f"{path.name}: data")
        if config.responses.measure != "response" or config.responses.larger != "resistant":
            raise UsageError(
                f"{path.name}: responses.measure and responses.larger describe tables of your own; "
                f"remove them, as data is {config.data}."
            )
    parameters = parameters_of(config, path.parent, path.name)
    return Settings(own, config.profile, config.seed, path, parameters, _written(config))


def _written(config: Config) -> dict[str, str]:
    """Return the names of a config as they stand in it."""
    import yaml

    roles, found = set(config.markers.values()), {}
    for name, value in (
        ("drugs", config.responses.names),
        ("markers", list(config.markers) if roles == {"marker"} else dict(config.markers)),
        ("genes", config.genes.only),
        ("regulators", config.regulators),
    ):
        text = yaml.safe_dump(value, default_flow_style=True, width=math.inf, allow_unicode=True)
        whole = f"'{value}'" if isinstance(value, str) else text.strip()
        found[name] = whole if len(whole) <= LONGEST else f"{whole[: LONGEST - 3]}..."
    return found


def parameters_of(config: Config, folder: Path, called: str = CONFIG) -> dict[str, str]:
    """Return the parameters of notebooks that a config sets; `folder` is where its files are.

    `called` is the name of the config in the message of an error.
    """
    found = dict(config.parameters)
    if clash := sorted(set(found).intersection(KEYS)):
        raise UsageError(f"{called}: parameters.{clash[0]} has a key of its own; use that.")
    if config.responses.names:
        found["drugs"] = joined(config.responses.names)
    if config.markers:
        found["markers"] = ", ".join(
            gene if role == "marker" else f"{gene}={role}" for gene, role in config.markers.items()
        )
    found["groups"] = config.groups.rule
    found["group_size"] = str(config.groups.size)
    if config.genes.number:
        found["n_genes"] = str(config.genes.number)
    if config.genes.fraction:
        found["gene_fraction"] = repr(config.genes.fraction)
    if config.genes.only:
        found["genes"] = _genes(config.genes.only, folder, f"{called}: genes.only")
        found["gene_fraction"] = "1.0"
    if config.regulators and config.regulators != ALL:
        found["regulators"] = _genes(config.regulators, folder, f"{called}: regulators")
    return found


def joined(names: Iterable[str]) -> str:
    """Return names as one text separated by commas, with quotes where a name needs them.

    >>> joined(["A", "B, C"])
    'A,"B, C"'
    """
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(names)
    return text.getvalue()


def _genes(genes: str | list[str], folder: Path, called: str) -> str:
    """Return a list of genes as one text, or the path of a file with them as an absolute path."""
    if not isinstance(genes, str):
        return "".join(f"{gene}," for gene in genes)
    if (folder / genes).is_file():
        return str(folder / genes)
    from pnetlib.datasets.regulons import TFS

    if "," not in genes and genes != TFS and Run.given(genes) == genes:
        raise UsageError(
            f"{called} is {genes!r}, but there is no such file in {folder}; correct the name, or give a "
            "list of genes."
        )
    return genes


def resolved(run: Run, given: Mapping[str, str]) -> str:
    """Return the config of a run as text: its source, profile and seed, and the parameters `given`."""
    import yaml

    whole: dict[str, Any] = {"data": run.source}
    if run.own:
        from pnetlib.datasets.own_folder import own_files, own_settings

        tables, _ = own_files(run.source)
        _, settings = own_settings(run.source)
        meaning = {name: settings.pop(name) for name in ("measure", "larger")}
        whole = {"name": settings.pop("name"), "responses": meaning}
        whole["data"] = {kind: str(path) for kind, path in tables.items()} | settings
    if given.get("drugs"):
        names = next(csv.reader([given["drugs"]], skipinitialspace=True))
        whole.setdefault("responses", {})["names"] = [name.strip() for name in names]
    if given.get("markers"):
        pairs = (part.partition("=") for part in given["markers"].split(",") if part.strip())
        whole["markers"] = {gene.strip(): role.strip() or "marker" for gene, _, role in pairs}
    parts = {"groups": ("rule", "groups"), "group_size": ("size", "groups")}
    parts |= {"n_genes": ("number", "genes"), "gene_fraction": ("fraction", "genes")}
    for name, (key, part) in parts.items():
        value = _number(given.get(name, ""))  # 0 is what notebooks take for a key that is left out
        if value and not (name == "gene_fraction" and given.get("genes")):
            whole.setdefault(part, {})[key] = value
    if given.get("genes"):
        whole.setdefault("genes", {})["only"] = _named(given["genes"])
    if given.get("regulators"):
        whole["regulators"] = _named(given["regulators"])
    whole |= {"profile": run.profile, "seed": run.seed}
    if others := {name: text for name, text in given.items() if name not in KEYS}:
        whole["parameters"] = others
    return HEADER + yaml.safe_dump(whole, sort_keys=False, allow_unicode=True)


def changed_keys(before: str, now: str) -> list[str]:
    """Return the keys in which two configs of runs (`resolved`) differ; none if the first is damaged.

    >>> changed_keys("genes: {number: 5}\\nseed: 1", "genes: {number: 6}\\nseed: 1")
    ['genes.number']
    """
    import yaml

    try:
        old = yaml.safe_load(before)
    except yaml.YAMLError:
        return []
    if not isinstance(old, dict):
        return []
    first, second = _flat(old), _flat(yaml.safe_load(now))
    return [key for key in {**second, **first} if first.get(key) != second.get(key)]


def _flat(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return a config with keys such as genes.number; markers are one value, as their keys are genes."""
    found = {}
    for key, value in config.items():
        if isinstance(value, dict) and key != "markers":
            found |= {f"{key}.{name}": inner for name, inner in value.items()}
        else:
            found[key] = value
    return found


def _number(text: str) -> int | float | str:
    """Return a number of a text, for a config that reads well; other text as it is."""
    if text.isdecimal():
        return int(text)
    try:
        return float(text)
    except ValueError:
        return text


def _named(text: str) -> str | list[str]:
    """Return a file or a word as it is, and genes separated by commas as a list."""
    if "," not in text or Path(text).is_file():
        return text
    return [gene.strip() for gene in text.split(",") if gene.strip()]
