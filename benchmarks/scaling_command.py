"""``python -m benchmarks.scaling_command``: measure how one network grows, and draw it."""

import argparse
import json
import sys
from pathlib import Path

from benchmarks.genome import simulate_expression
from benchmarks.scaling import described, fitted_exponents, plan, study, summary
from pnetlib.datasets import DEFAULT_SEED
from pnetlib.errors import PnetError
from pnetlib.execution.storage import whole_file, writable_folder
from pnetlib.execution.threads import thread_count
from pnetlib.solvers.forecast import forecast_memory, forecast_network
from pnetlib.steps.speed.growth_figures import caption_scaling, draw_scaling

TRIAL_LAM1 = 0.25  # of the forecast only; each size finds its own


def main(arguments):
    """Run the study; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.scaling_command", description=__doc__
    )
    parser.add_argument("--size", choices=("smoke", "genome"), default="smoke")
    parser.add_argument("--out", type=Path, default=Path("results/bench"), help="folder to write")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED)
    parser.add_argument("--threads", type=int, default=0, help="all allowed cores by default")
    given = parser.parse_args(arguments)
    try:
        run(given.size, given.out, given.seed, thread_count(given.threads))
    except PnetError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def run(size, out, seed, threads):
    """Forecast, measure, and write scaling.csv, scaling.json and scaling.png/.svg into `out`."""
    out = writable_folder(Path(out))
    sizes = plan(size, threads)
    largest = max(
        sizes, key=lambda one: forecast_memory(one.n, one.p, gram_dtype=one.gram_dtype).total
    )
    X, _ = simulate_expression(seed, largest.n, largest.p)
    forecast = forecast_network(X, TRIAL_LAM1, gram_dtype=largest.gram_dtype, n_jobs=threads)
    del X
    print(
        f"{len(sizes)} networks on simulated expression, seed {seed}. Largest: {forecast}",
        flush=True,
    )
    forecast.require()
    table = study(size, seed, threads, lambda row: print(described(row), flush=True))
    with whole_file(out / "scaling.csv") as partial:
        table.to_csv(partial, index=False)
    found = summary(table, size, seed, threads) | {"caption": caption_scaling(table)}
    with whole_file(out / "scaling.json") as partial:
        partial.write_text(json.dumps(found, indent=1) + "\n")
    figure = draw_scaling(table)
    for suffix, metadata in (("png", {"Software": None}), ("svg", {"Date": None})):
        with whole_file(out / f"scaling.{suffix}") as partial:
            figure.savefig(partial, format=suffix, metadata=metadata)
    print(fitted_exponents(table).round(2).to_string(index=False))
    return table


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
