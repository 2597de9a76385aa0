"""The audit's figures draw for desk and phone, and keep what they are given."""

import gzip

import numpy as np
import pytest

from fma import figures
from fma.chapters import audit_charts
from fma.chapters.border import Border, outcome_curve
from fma.notebook.data import table_bytes
from fma.regimes import REGIMES


def drawn(draw):
    html = figures.html(draw, alt="a figure")
    assert html.count("<svg") == 2
    return html


def test_the_phase_diagram_fills_every_cell():
    regimes = np.array([["plateau", "dead"], ["plateau", "converge"], ["diverged", "diverged"]])
    area = 0
    x, y = np.array([0.5, 1.5, 2.5, 3.5]), np.array([1.0, 2.0, 4.0])
    for name in REGIMES:
        path = audit_charts._strips(regimes.T, x, y, name)
        for square in path.vertices.reshape(-1, 5, 2):
            width, height = np.ptp(square, axis=0)
            area += width * height
    assert area == pytest.approx(3 * 3)
    assert audit_charts._strips(regimes.T, x, y, "none") is None
    draw = audit_charts.phase(
        np.arange(1, 4), np.array([1e-4, 2e-4]), regimes, np.full(3, 3e4), None, [(2, 1e-4)]
    )
    drawn(draw)


def test_the_curves_take_empty_bins_and_no_border():
    rows = outcome_curve(np.array([1.0, 1.2, 5.0]), ["plateau", "dead", "dead"], [1, 2, 3, 6])
    drawn(audit_charts.collapse(rows, None))
    assert "border 3.60" in drawn(audit_charts.collapse(rows, Border(3.6, 3.5, 3.7, -20, 3)))


def test_offered_rows_come_back():
    rows = [{"a": 1, "b": "x"}, {"a": 2, "b": "y, z"}]
    text = gzip.decompress(table_bytes(rows)).decode()
    assert text == 'a,b\n1,x\n2,"y, z"\n'
    assert table_bytes(rows) == table_bytes(rows)
