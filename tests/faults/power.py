"""What a disk holds after a power cut: the state that fsync made durable, at least.

POSIX promises that the content of a file survives once the file was synced, and that a new, renamed
or removed name survives once its folder was synced. Of everything else, any part may survive. Of all
those disks, three are made: `strict` has what is promised and nothing else; `names` has every name,
but of each file only the content that is promised (as a file system that writes names first); and
`mixed` draws for each folder up to which operation its names survived, and for each file whether its
content did.
"""

import random
import shutil
from pathlib import Path

WORLDS = ("strict", "names", "mixed")


class Disk:
    """A model of the files below some folders, volatile and durable.

    Files and folders have numbers, and each folder leads from names to numbers, so that what is in a
    folder goes with it when it is renamed. Begun before the run, the model follows the log of the
    shim and then rewrites the folders.
    """

    def __init__(self, roots: list[Path]) -> None:
        self.content: list[bytes | None] = []  # what is durable of each file; None is a folder
        self.names: dict[int, dict[str, int]] = {}
        self.durable: dict[int, dict[str, int]] = {}
        # What happened to the names of each folder since it was last synced, in order.
        self.pending: dict[int, list[tuple[str, int | None]]] = {}
        self.roots = {root.resolve(): self._add(None) for root in roots}
        for root in self.roots:
            for path in sorted(root.rglob("*")) if root.exists() else ():
                content = None if path.is_dir() else path.read_bytes()
                self._enter(path, self._add(content))
        self.durable = {number: dict(names) for number, names in self.names.items()}
        self.pending.clear()

    def _add(self, content: bytes | None) -> int:
        number = len(self.content)
        self.content.append(content)
        if content is None:
            self.names[number], self.durable[number] = {}, {}
        return number

    def _number(self, path: Path) -> int | None:
        """Return the number of the file or folder to which a path leads."""
        for root, number in self.roots.items():
            if path.is_relative_to(root):
                for name in path.relative_to(root).parts:
                    if (number := self.names.get(number, {}).get(name)) is None:
                        break
                return number
        return None

    def _enter(self, path: Path, number: int | None) -> None:
        """Let a name lead to a file or folder, or to none."""
        folder = self._number(path.parent)
        if number is None:
            self.names[folder].pop(path.name, None)
        else:
            self.names[folder][path.name] = number
        self.pending.setdefault(folder, []).append((path.name, number))

    def follow(self, log: tuple[tuple[str, ...], ...], copies: Path) -> None:
        """Follow the log of a run; the shim's copies have the path `copies` and a number."""
        for what, _, first, second, copy in log:
            path, number = Path(first), self._number(Path(first))
            if what in ("made", "folder"):
                # A file without a name (O_TMPFILE) is logged by its folder, which exists.
                if number is None:
                    self._enter(path, self._add(b"" if what == "made" else None))
            elif what == "cut" and number is not None:
                self.content[number] = b""
            elif what == "durable" and number is not None and int(copy):
                self.content[number] = Path(f"{copies}.{copy}").read_bytes()
            elif what == "durable-names":
                for name, known in self.pending.pop(number, []):
                    _set(self.durable[number], name, known)
            elif what == "moved":
                # What comes from outside of the folders was never synced.
                self._enter(Path(second), self._add(b"") if number is None else number)
                if number is not None:
                    self._enter(path, None)
            elif what == "removed":
                self._enter(path, None)

    def restore(self, world: str, seed: str = "") -> None:
        """Rewrite the folders as a power cut may have left them."""
        draw = random.Random(f"{world} {seed}")
        volatile = {  # read before anything is removed
            number: path.read_bytes()
            for root, number in self.roots.items()
            for path, number in _below(root, number, self.names)
            if self.content[number] is not None and path.is_file()
        }
        names = self.names
        if world != "names":
            names = {number: dict(known) for number, known in self.durable.items()}
            for number, changes in self.pending.items() if world == "mixed" else ():
                for change in changes[: draw.randint(0, len(changes))]:
                    _set(names[number], *change)
        content = list(self.content)
        for number, durable in enumerate(self.content):
            if world == "mixed" and durable is not None and draw.random() < 0.5:
                content[number] = volatile.get(number, durable)
        for root, number in self.roots.items():
            for path in root.iterdir() if root.exists() else ():
                shutil.rmtree(path) if path.is_dir() else path.unlink()
            for path, at in _below(root, number, names):
                path.mkdir() if content[at] is None else path.write_bytes(content[at])


def _set(names: dict[str, int], name: str, number: int | None) -> None:
    if number is None:
        names.pop(name, None)
    else:
        names[name] = number


def _below(folder: Path, number: int, names: dict[int, dict[str, int]]):
    """Yield path and number of all that is in a folder, each folder before what is in it."""
    for name, inner in sorted(names.get(number, {}).items()):
        yield folder / name, inner
        yield from _below(folder / name, inner, names)
