import pytest
from handlers_case import play_usable


@pytest.fixture
def every_key_usable(monkeypatch: pytest.MonkeyPatch) -> None:
    play_usable(monkeypatch)
