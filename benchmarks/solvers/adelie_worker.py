"""adelie behind a pipe, run by the Python of its own environment; see `worker.py` for the commands."""

import os
import sys

cores = os.sched_getaffinity(0)  # must precede the import of adelie, which pins all to one core

import adelie  # noqa: E402
import numpy as np  # noqa: E402

os.sched_setaffinity(0, cores)


def path_of(G, j, lam1s, tol):
    """Return the solutions of gene j; its own row and column are replaced by an unrelated gene's."""
    v, row, diagonal = G[j].copy(), G[j].copy(), G[j, j]
    G[j], G[:, j], G[j, j], v[j] = 0.0, 0.0, 1.0, 0.0
    state = adelie.solver.gaussian_cov(
        G, v, lmda_path=0.5 * lam1s, tol=tol, rdev_tol=0.0, early_exit=False, progress_bar=False
    )
    G[j], G[:, j], G[j, j] = row, row, diagonal
    return state.betas


def save(solved, path):
    """Write solutions in the format that `worker.py` describes."""
    counts = np.concatenate([np.diff(betas.indptr) for betas in solved]).astype(np.int32)
    genes = np.concatenate([betas.indices for betas in solved]).astype(np.int32)
    values = np.concatenate([betas.data for betas in solved]).astype(np.float64)
    with open(path, "wb") as file:
        for part in (np.array([counts.size], np.int32), counts, genes, values):
            file.write(part.tobytes())


def answer(lines):
    """Carry out each command and answer it."""
    for line in lines:
        command, *rest = line.split()
        if command == "load":
            X = np.fromfile(rest[0]).reshape((int(rest[1]), int(rest[2])), order="F")
        elif command == "prepare":
            G = np.asfortranarray(X.T @ X / len(X))
        elif command == "solve":
            lam1s = np.array(rest[1].split(","), float)
            solved = [path_of(G, int(j), lam1s, float(rest[0])) for j in rest[2].split(",")]
        elif command == "save":
            save(solved, rest[0])
        print("ok", flush=True)


answer(sys.stdin)
