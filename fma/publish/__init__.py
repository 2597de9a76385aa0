"""The book: papermill executes the notebooks, then Jupyter Book sets the pages.

Executed notebooks go into ``book/`` and the pages into ``book/_build/html``. The reduced scale has
a tree of its own, ``build/quick/``, so that its numbers never show among the full ones. What is
unchanged is not done again: each executed notebook carries a hash of all that determines it, and
so do the finished pages.
"""

from fma.publish.execution import BuildError, kernel_environment
from fma.publish.pages import build, contents
from fma.publish.serving import serve, server

__all__ = ["BuildError", "build", "contents", "kernel_environment", "serve", "server"]
