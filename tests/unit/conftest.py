"""Unit tests compute with one BLAS thread, as a sweep does, and never touch the user's cache."""

import pytest
from threadpoolctl import threadpool_limits


@pytest.fixture(autouse=True, scope="session")
def one_thread():
    with threadpool_limits(1):
        yield


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    monkeypatch.setenv("FMA_CACHE", str(folder))
    monkeypatch.delenv("FMA_PROGRESS", raising=False)
    return folder
