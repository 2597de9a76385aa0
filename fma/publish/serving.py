"""A web server for the built book, on this machine only."""

import contextlib
import functools
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

from fma.checks import choice, whole
from fma.publish.execution import BuildError
from fma.publish.pages import ROOT, SCALES, argument, tree


class _Handler(SimpleHTTPRequestHandler):
    extensions_map = SimpleHTTPRequestHandler.extensions_map | {".js": "text/javascript"}

    def do_GET(self):
        """Answer; browsers ask for an icon of this name even where a page names its own."""
        if self.path == "/favicon.ico":
            self.send_response(204)
            self.end_headers()
        else:
            super().do_GET()

    def log_message(self, *_):
        """Say nothing about each request."""


def server(folder, port=0):
    """A web server for the folder, on loopback only; port 0 takes a free one."""
    handler = functools.partial(_Handler, directory=str(folder))
    return ThreadingHTTPServer(("127.0.0.1", port), handler)


def serve(port=8000, scale="full", root=ROOT):
    """Serve the built book on loopback until Ctrl-C.

    Raises BuildError if it has not been built or the port is taken, ValueError for a bad argument.
    """
    port, scale = whole("port", port, 0, 65535), choice("scale", scale, SCALES)
    folder = tree(root, scale) / "_build" / "html"
    if not (folder / "index.html").exists():
        raise BuildError(f"The book has not been built yet: make book{argument(scale)}")
    try:
        site = server(folder, port)
    except OSError as error:
        raise BuildError(f"Port {port} cannot be used: {error.strerror}.") from None
    with site, contextlib.suppress(KeyboardInterrupt):
        print(f"The book is at http://127.0.0.1:{site.server_port}/ (Ctrl-C stops)", flush=True)
        site.serve_forever()
    print()
