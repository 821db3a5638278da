"""What tests of several modules share: builders of inputs, readers of outputs."""


def words(figure):
    """Return all texts of a figure in one string."""
    return " ".join(text.get_text() for text in figure.findobj(lambda o: hasattr(o, "get_text")))
