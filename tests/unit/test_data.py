"""Rows that a page offers come back as they were."""

import gzip

from fma.notebook.data import table_bytes


def test_offered_rows_come_back():
    rows = [{"a": 1, "b": "x"}, {"a": 2, "b": "y, z"}]
    text = gzip.decompress(table_bytes(rows)).decode()
    assert text == 'a,b\n1,x\n2,"y, z"\n'
    assert table_bytes(rows) == table_bytes(rows)
