"""Data files that a page carries in itself: a link that needs no server."""

import base64
import csv
import gzip
import io
from html import escape

from IPython.display import display

from fma.notebook.outputs import publishing


def table_bytes(rows):
    """Rows (dicts with the same keys) as a gzipped CSV file, the same bytes for the same rows."""
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return gzip.compress(text.getvalue().encode(), mtime=0)


def offer(name, rows, columns):
    """Display a link that downloads rows as `name`.csv.gz, with a description of its columns.

    Outside the book, where viewers strip such links, the description stands alone.

    Parameters
    ----------
    name : str
    rows : list of dict
    columns : dict of str to str
        What each column holds, in words; these columns are written.
    """
    described = "".join(
        f"<dt><code>{escape(column)}</code></dt><dd>{escape(text)}</dd>"
        for column, text in columns.items()
    )
    link = ""
    if publishing():
        chosen = table_bytes([{c: row[c] for c in columns} for row in rows])
        link = (
            f'<p><a download="{escape(name)}.csv.gz" href="data:application/gzip;base64,'
            f'{base64.b64encode(chosen).decode()}">Download {escape(name)}.csv.gz</a></p>'
        )
    html = (
        f'<details class="fma-data"><summary>Data: {escape(name)}, {len(rows):,} rows</summary>'
        f"{link}<dl>{described}</dl></details>"
    )
    plain = f"Data: {name}, {len(rows):,} rows; columns {', '.join(columns)}"
    display({"text/html": html, "text/plain": plain}, raw=True)
