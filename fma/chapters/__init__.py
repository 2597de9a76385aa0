"""The report: one module a notebook, with its runs, analysis, figures and claims; the ledger."""
