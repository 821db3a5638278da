"""Changes of tables and of bytes such as people, programs and disks make them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from random import Random

Grid = list[list[str]]

WORDS = (
    "",
    "NA",
    "nan",
    "NaN",
    "#N/A",
    "None",
    "-",
    "null",
    "inf",
    "-inf",
    "TRUE",
    "?",
    "n.d.",
    " ",
)
NUMBERS = (
    *(
        "{}e0",
        "+{}",
        " {}",
        "{} ",
        "0{}",
        "{}f",
        "{}%",
        "1_{}",
        "{},5",
        "{}.0",
        "{}e400",
        "{}e-400",
    ),
    *("1,{}", "1.{}", "0x{}", "'{}", "{}\u00a0", "\u2212{}", "{}0000000000000000000000"),
)
NAMES = (
    "1-Mar",
    "2-Sep",
    "Sep-09",
    "2001-03-02",
    "",
    " ",
    "NA",
    "nan",
    "7",
    "007",
    "7.0",
    "a,b",
    'a"b',
)
NAMES += ("<b>x</b>", "a\tb", "a;b", "=1+1", "DATA.1", "é", "\u200b", "a b", "TP53 ", "tp53", "0.5")
IDS = ("{}.0", "{}.00", "{}e0", " {} ", "{}.5", "-{}", "ID{}", "{}_", "0{}")
BYTES = (
    b'"',
    b",",
    b"\t",
    b";",
    b"\0",
    b"\r",
    b"\n",
    b"\r\n",
    b"\xff",
    b".",
    b"-",
    b"e",
    b"1",
    b" ",
    b"'",
)


def cell_of(grid: Grid, rng: Random, header: bool = False) -> tuple[int, int]:
    row = 0 if header else rng.randrange(len(grid))
    return row, rng.randrange(max(len(grid[row]), 1))


def _swap_rows(grid: Grid, rng: Random) -> None:
    a, b = rng.randrange(len(grid)), rng.randrange(len(grid))
    grid[a], grid[b] = grid[b], grid[a]


def _swap_columns(grid: Grid, rng: Random) -> None:
    width = min(map(len, grid))
    a, b = rng.randrange(width), rng.randrange(width)
    for row in grid:
        row[a], row[b] = row[b], row[a]


def _swap_cells(grid: Grid, rng: Random) -> None:
    (i, j), (k, m) = cell_of(grid, rng), cell_of(grid, rng)
    grid[i][j], grid[k][m] = grid[k][m], grid[i][j]


def _repeat_row(grid: Grid, rng: Random) -> None:
    grid.insert(rng.randrange(len(grid) + 1), list(rng.choice(grid)))


def _repeat_column(grid: Grid, rng: Random) -> None:
    a, b = rng.randrange(min(map(len, grid))), rng.randrange(min(map(len, grid)) + 1)
    for row in grid:
        row.insert(b, row[a])


def _delete_row(grid: Grid, rng: Random) -> None:
    del grid[rng.randrange(len(grid))]


def _delete_column(grid: Grid, rng: Random) -> None:
    at = rng.randrange(min(map(len, grid)))
    for row in grid:
        del row[at]


def _delete_cell(grid: Grid, rng: Random) -> None:
    i, j = cell_of(grid, rng)
    del grid[i][j]


def _insert_cell(grid: Grid, rng: Random) -> None:
    i, j = cell_of(grid, rng)
    grid[i].insert(j, rng.choice(("", "x", "1.5", grid[i][j])))


def _word(grid: Grid, rng: Random) -> None:
    i, j = cell_of(grid, rng)
    grid[i][j] = rng.choice(WORDS)


def _number(grid: Grid, rng: Random) -> None:
    i, j = cell_of(grid, rng)
    grid[i][j] = rng.choice(NUMBERS).format(grid[i][j])


def _id(grid: Grid, rng: Random) -> None:
    i, j = cell_of(grid, rng)
    grid[i][j] = rng.choice(IDS).format(grid[i][j])


def _name(grid: Grid, rng: Random) -> None:
    i, j = cell_of(grid, rng, rng.random() < 0.5)
    j = j if rng.random() < 0.7 else 0
    grid[i][j] = rng.choice(NAMES)


def _other_name(grid: Grid, rng: Random) -> None:
    """Give a row or column the name of another one, or its own in another case."""
    i, j = cell_of(grid, rng, header=True)
    if rng.random() < 0.5:
        grid[i][j] = rng.choice((rng.choice(grid[0]), grid[i][j].lower(), f" {grid[i][j]}"))
    else:
        i = rng.randrange(len(grid))
        grid[i][0] = rng.choice((rng.choice(grid)[0], grid[i][0].lower(), f"{grid[i][0]} "))


def _blank_row(grid: Grid, rng: Random) -> None:
    width = len(grid[0])
    blank = rng.choice(([], [""], [""] * width, [" "] * width, [""] * (width + 2)))
    grid.insert(rng.randrange(len(grid) + 1), list(blank))


def _comment(grid: Grid, rng: Random) -> None:
    grid.insert(rng.choice((0, len(grid))), [rng.choice(("# exported", "Table 1", "n = 6"))])


def _blank_column(grid: Grid, rng: Random) -> None:
    rows = grid[1:] if rng.random() < 0.4 else grid
    for row in rows:
        row.append("")


def _row_numbers(grid: Grid, rng: Random) -> None:
    head = rng.choice((None, "", "X"))
    for place, row in enumerate(grid):
        if place or head is not None:
            row.insert(0, str(place) if place else head)


def _transpose(grid: Grid, rng: Random) -> None:
    width = min(map(len, grid))
    grid[:] = [[row[at] for row in grid] for at in range(width)]


TABLE: tuple[Callable[[Grid, Random], None], ...] = (
    *(_swap_rows, _swap_columns, _swap_cells, _repeat_row, _repeat_column, _delete_row),
    *(_delete_column, _delete_cell, _insert_cell, _word, _number, _number, _id, _id, _name, _name),
    *(_other_name, _blank_row, _comment, _blank_column, _row_numbers, _transpose),
)


def changed(grid: Grid, rng: Random) -> Grid:
    """Return a copy of a table with up to three changes."""
    grid = [list(row) for row in grid]
    for _ in range(rng.choice((0, 1, 1, 1, 2, 3))):
        if len(grid) > 1 and min(map(len, grid)) > 1:
            rng.choice(TABLE)(grid, rng)
    return grid


def as_text(grid: Grid, separator: str, rng: Random, *, quotes: bool = True) -> bytes:
    """Return a table as bytes, mostly as a program writes it, else in one of the ways people have."""
    if rng.random() < 0.12 and quotes:
        separator = rng.choice(",;\t|")
    end = rng.choice(("\n", "\n", "\n", "\n", "\r\n", "\r\n", "\r"))
    if quotes:
        written = io.StringIO()
        quoting = rng.choice((csv.QUOTE_MINIMAL,) * 4 + (csv.QUOTE_ALL,))
        csv.writer(written, delimiter=separator, quoting=quoting, lineterminator=end).writerows(
            grid
        )
        text = written.getvalue()
    else:
        text = "".join(separator.join(row) + end for row in grid)
    if rng.random() < 0.1:
        text = text.rstrip("\r\n")
    if rng.random() < 0.05:
        text = re.sub(r"(\d)\.(\d)", r"\1,\2", text)
    coding = rng.choice(("utf-8",) * 12 + ("utf-8-sig", "utf-16", "latin-1", "utf-16-le"))
    return text.encode(coding, "replace")


def damaged(content: bytes, rng: Random) -> bytes:
    """Return bytes with one change such as a disk, a network or a slip of the hand makes."""
    if not content:
        return content
    at = rng.randrange(len(content))
    to = min(at + rng.choice((1, 1, 1, 2, 5, 50)), len(content))
    return rng.choice(
        (
            lambda: content[:at],
            lambda: content[:at] + content[to:],
            lambda: content[:to] + content[at:],
            lambda: content[:at] + rng.choice(BYTES) + content[at:],
            lambda: content[:at] + rng.choice(BYTES) + content[to:],
            lambda: (
                content[:at] + bytes([content[at] ^ (1 << rng.randrange(8))]) + content[at + 1 :]
            ),
            lambda: content[:at] + bytes(to - at) + content[to:],
            lambda: content + content[at:],
        )
    )()
