from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from llmrouter_tui.storage.repo import SqliteRepo, open_repo


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "router.db"


@pytest.fixture
async def repo(path: Path) -> AsyncIterator[SqliteRepo]:
    opened = await open_repo(path)
    yield opened
    await opened.close()
