"""What tests of several modules share: builders of inputs, readers of outputs."""


def words(figure):
    """Return all texts of a figure in one string."""
    return " ".join(text.get_text() for text in figure.findobj(lambda o: hasattr(o, "get_text")))


def simulation_cell(pro=(0.98, 0.95), rest=(0.6, 0.9), width=0.02, **named):
    """Return a cell of the simulation study with these rates of Pro and of the other methods."""

    def rates(tp, tn):
        return {
            name: {"mean": value, "low": value - width, "high": value + width}
            for name, value in (("TP", tp), ("TN", tn))
        }

    methods = {"Pro": rates(*pro)} | {name: rates(*rest) for name in ("NW.P", "ELA", "LA")}
    return {"n_tfs": 5, "scenario": 1, "design": "TF hub", "methods": methods} | named
