"""One line beside the prose: it vouches that what the text says is what was found."""

import ast

import numpy as np
from IPython import get_ipython
from IPython.display import display

from fma.notebook.prose import MIME, plain


def check(words, found, everywhere=False, here=None):
    """Vouch that `words`, which stand in the Markdown above, are what is found; else say so.

    Silent if the two agree. If not, Jupyter shows what is found, and the book puts it in the
    words' place, or marks the words as not true here (`fma.notebook.prose.apply_checks`). A check
    that a cell holds and does not come to, within an `if`, says that its words are not true here.

    Parameters
    ----------
    words : str
        Copied from the text; emphasis and line ends do not matter.
    found : str, int or bool
        What the words should be, written as in the text; or whether a statement holds.
    everywhere : bool
        Whether this vouches for the words wherever they stand in the notebook, as for the value
        of a parameter; else for the nearest text above.
    here : str, optional
        For a statement that does not hold: the sentence to show beside it.

    Raises
    ------
    TypeError
        If `found` is a number with decimals: the line has to say to how many.

    Examples
    --------
    >>> check("3.65 (3.62 to 3.69)", f"{border.at:.2f} ({border.low:.2f} to {border.high:.2f})")
    >>> check("moves with the width", border.moves)
    """
    _made.append(words)
    if not isinstance(words, str):
        raise TypeError(f"words must be a text from the Markdown above, got {words!r}")
    if isinstance(found, bool | np.bool_):
        if found:
            return
        found = None
        sentence = f"Not so here: “{plain(words)}”." + (f" {here}" if here else "")
    elif isinstance(found, str | int | np.integer):
        found = plain(str(found))
        if found == plain(words):
            return
        sentence = f"Where the text says “{plain(words)}”, here: {found}"
    else:
        raise TypeError(f"found must be a text, a whole number or a truth, got {found!r}")
    data = {"words": words, "found": found, "everywhere": bool(everywhere), "here": here}
    display({MIME: data, "text/markdown": sentence, "text/plain": sentence}, raw=True)


_made = []  # the words of the checks made in the cell that runs


def watch(shell):
    """After each cell of this shell, say of the checks that it did not come to: not so here."""
    shell.events.register("post_run_cell", _unmade)


def _unmade(result):
    made = set(_made)
    _made.clear()
    if not result.success:
        return
    try:
        nodes = list(ast.walk(ast.parse(result.info.raw_cell)))
    except SyntaxError:  # a cell magic
        return
    for node in nodes:
        named = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args
        words = getattr(node.args[0], "value", None) if named and node.func.id == "check" else None
        if isinstance(words, str) and words not in made:
            check(words, False)
    _made.clear()


if get_ipython() is not None:
    watch(get_ipython())
