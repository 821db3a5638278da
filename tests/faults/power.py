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
    """A model of the files below some folders: names that lead to contents, volatile and durable.

    Begun before the run, it follows the log of the shim and then rewrites the folders.
    """

    def __init__(self, roots: list[Path]) -> None:
        self.roots = [root.resolve() for root in roots]
        self.durable_content: list[bytes | None] = []  # by number of a file; None is a folder
        self.names: dict[str, int] = {}
        for root in self.roots:
            for path in sorted(root.rglob("*")) if root.exists() else ():
                content = None if path.is_dir() else path.read_bytes()
                self.names[str(path)] = self._add(content)
        self.durable_names = dict(self.names)
        # What happened to the names of each folder since it was last synced, in order.
        self.pending: dict[str, list[tuple[str, int | None]]] = {}

    def _add(self, content: bytes | None) -> int:
        self.durable_content.append(content)
        return len(self.durable_content) - 1

    def _name(self, path: str, number: int | None) -> None:
        """Let a name lead to a file, or to none."""
        if number is None:
            self.names.pop(path, None)
        else:
            self.names[path] = number
        self.pending.setdefault(str(Path(path).parent), []).append((path, number))

    def follow(self, log: tuple[tuple[str, ...], ...], copies: Path) -> None:
        """Follow the log of a run; the shim's copies have the path `copies` and a number."""
        for what, _, first, second, number in log:
            if what in ("made", "folder"):
                # A file without a name (O_TMPFILE) is logged by its folder, which exists.
                if first not in self.names and first not in map(str, self.roots):
                    self._name(first, self._add(b"" if what == "made" else None))
            elif what == "cut" and first in self.names:
                self.durable_content[self.names[first]] = b""
            elif what == "durable" and first in self.names and int(number):
                copied = Path(f"{copies}.{number}").read_bytes()
                self.durable_content[self.names[first]] = copied
            elif what == "durable-names":
                self._sync(first)
            elif what == "moved":
                moved = self.names.get(first)
                self._move_below(first, second)
                if moved is None:  # from outside of the folders: its content was never synced
                    moved = self._add(b"")
                self._name(second, moved)
                self._name(first, None)
            elif what == "removed":
                self._name(first, None)

    def _move_below(self, first: str, second: str) -> None:
        """Let the names in a renamed folder go with it; those that were synced remain so."""
        for name in [name for name in self.names if name.startswith(f"{first}/")]:
            number, new = self.names.pop(name), second + name[len(first) :]
            if self.durable_names.get(name) == number:
                self.names[new] = self.durable_names[new] = number
            else:
                self._name(new, number)

    def _sync(self, folder: str) -> None:
        for path, number in self.pending.pop(folder, []):
            if number is None:
                self.durable_names.pop(path, None)
            else:
                self.durable_names[path] = number

    def restore(self, world: str, seed: str = "") -> None:
        """Rewrite the folders as a power cut may have left them."""
        draw = random.Random(f"{world} {seed}")
        volatile = {  # read before anything is removed
            number: Path(path).read_bytes()
            for path, number in self.names.items()
            if self.durable_content[number] is not None and Path(path).is_file()
        }
        names = dict(self.names)
        if world != "names":
            names = dict(self.durable_names)
            for changes in self.pending.values() if world == "mixed" else ():
                for path, number in changes[: draw.randint(0, len(changes))]:
                    if number is None:
                        names.pop(path, None)
                    else:
                        names[path] = number
        contents = {}
        for number in sorted(set(names.values())):
            content = self.durable_content[number]
            if world == "mixed" and content is not None and draw.random() < 0.5:
                content = volatile.get(number, content)
            contents[number] = content
        for root in self.roots:
            for path in root.iterdir() if root.exists() else ():
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        for path, number in sorted(names.items()):
            at = Path(path)
            if not at.parent.is_dir():
                continue  # the folder itself did not survive
            if contents[number] is None:
                at.mkdir(exist_ok=True)
            else:
                at.write_bytes(contents[number])
