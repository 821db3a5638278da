"""Two kinds of mutants that cosmic-ray lacks: a statement removed, and nothing returned."""

import parso
from cosmic_ray.operators.operator import Example, Operator


def _is_effect(node):
    """Return whether a statement has an effect of its own, such as a call or a changed array.

    A removed assignment to a name only leaves the name undefined, which says nothing of the tests.
    """
    if node.type in ("raise_stmt", "atom_expr", "power", "yield_expr"):
        return True
    if node.type != "expr_stmt":
        return False
    target, sign = node.children[:2]
    augmented = (sign.type == "operator" and sign.value != "=") or sign.type == "augassign"
    return augmented or target.type in ("atom_expr", "power")


class RemoveStatement(Operator):
    """Put `pass` in the place of a call, an error raised, or a change of a value."""

    def mutation_positions(self, node):
        """Yield where `mutate` acts on a node."""
        if node.type == "simple_stmt" and _is_effect(node.children[0]):
            yield node.children[0].start_pos, node.children[0].end_pos

    def mutate(self, node, index):
        """Return the mutated node."""
        old = node.children[0]
        node.children[0] = parso.python.tree.Name(
            "pass", old.start_pos, old.get_first_leaf().prefix
        )
        return node

    @classmethod
    def examples(cls):
        """Return pairs of code before and after."""
        return (Example("f(x)\n", "pass\n"), Example("x += 1\n", "pass\n"))


class ReturnNothing(Operator):
    """Return None in the place of a value."""

    def mutation_positions(self, node):
        """Yield where `mutate` acts on a node."""
        if node.type == "return_stmt" and len(node.children) > 1:
            yield node.children[1].start_pos, node.children[-1].end_pos

    def mutate(self, node, index):
        """Return the mutated node."""
        node.children[1:] = [parso.python.tree.Name("None", node.children[1].start_pos, " ")]
        return node

    @classmethod
    def examples(cls):
        """Return pairs of code before and after."""
        return (Example("def f():\n    return 1\n", "def f():\n    return None\n"),)


class Provider:
    """The operators as cosmic-ray looks for them."""

    _operators = {op.__name__: op for op in (RemoveStatement, ReturnNothing)}

    def __iter__(self):
        return iter(self._operators)

    def __getitem__(self, name):
        return self._operators[name]
