import pytest

from feltline import settings


def default_of(name):
    (found,) = [s for s in settings.SETTINGS if s.name == name]
    return found.default


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("tolerance", settings.TOLERANCE),
        ("coverage", settings.COVERAGE),
        ("threshold", settings.THRESHOLD),
        ("faces", settings.MAX_FACES),
    ],
)
def test_documented_defaults_are_the_real_ones(name, value):
    assert float(default_of(name)) == value


def test_every_setting_is_listed_once_and_explained():
    names = [s.name for s in settings.SETTINGS]
    assert len(set(names)) == len(names)
    for setting in settings.SETTINGS:
        assert setting.default
        assert setting.text.endswith((".", "card."))


def test_the_cache_is_where_the_environment_says(monkeypatch, tmp_path):
    monkeypatch.setenv("FELTLINE_CACHE", str(tmp_path / "faces"))
    assert settings.cache_folder() == tmp_path / "faces"


@pytest.mark.parametrize("value", [None, ""])
def test_the_cache_is_the_users_own_otherwise(monkeypatch, tmp_path, value):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    if value is None:
        monkeypatch.delenv("FELTLINE_CACHE", raising=False)
    else:
        monkeypatch.setenv("FELTLINE_CACHE", value)
    folder = settings.cache_folder()
    assert "feltline" in folder.parts
    assert folder.is_absolute()
