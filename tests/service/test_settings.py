import re
from pathlib import Path

import pytest

from service.settings import Settings, SettingsError, masked, read_settings, xdg_data_folder

README = Path(__file__).parent.parent.parent / "README.md"


def test_the_environment_of_a_fresh_machine_is_enough():
    settings = read_settings({"PATH": "/usr/bin", "HOME": "/root"})
    assert settings.database_url is None
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)


def test_a_setting_is_read_from_the_variable_of_its_name():
    environ = {
        "TENDERSCORE_PORT": "8080",
        "TENDERSCORE_DATA": "/srv/tenders",
        "DATABASE_URL": "postgresql://a@h1,h2/x",
        "DATABASE_POOLER": "transaction",
        "TENDERSCORE_PUBLIC_URL": "https://tenders.example.org/scoring",
    }
    settings = read_settings(environ)
    assert settings.port == 8080
    assert settings.data == Path("/srv/tenders")
    assert settings.database_url == "postgresql://a@h1,h2/x"
    assert settings.database_pooler == "transaction"
    assert settings.public_url == "https://tenders.example.org/scoring"


def test_an_empty_variable_counts_as_not_set():
    """Container files write VARIABLE= for what they leave open."""
    assert read_settings({"DATABASE_URL": "", "TENDERSCORE_PORT": ""}) == read_settings({})


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("TENDERSCORE_PORT", "http"),
        ("TENDERSCORE_PORT", "65536"),
        ("TENDERSCORE_MAX_BID_BYTES", "-1"),
        ("TENDERSCORE_LOG_LEVEL", "loud"),
        ("TENDERSCORE_PUBLIC_URL", "tenders.example.org"),
        ("TENDERSCORE_PUBLIC_URL", "https://tenders.example.org/"),
        ("DATABASE_POOLER", "session"),
    ],
)
def test_a_value_out_of_range_is_refused_by_the_name_of_its_variable(variable: str, value: str):
    with pytest.raises(SettingsError, match=variable):
        read_settings({variable: value})


def test_a_misspelt_setting_is_refused():
    """A limit that is silently not there would be found on the day it is needed."""
    with pytest.raises(SettingsError, match="TENDERSCORE_MAX_BIDBYTES"):
        read_settings({"TENDERSCORE_MAX_BIDBYTES": "2000000"})


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://app:s3cret@db/x", "postgresql://app:***@db/x"),
        (
            "postgresql://app:s3cret@h1:1,h2:2/x?target_session_attrs=any",
            "postgresql://app:***@h1:1,h2:2/x?target_session_attrs=any",
        ),
        ("postgresql://app@/x?host=%2Frun&password=s3cret", "postgresql://app@/x?host=%2Frun&password=***"),
        ("postgresql://db/x", "postgresql://db/x"),
    ],
)
def test_a_password_is_never_shown(url: str, shown: str):
    assert masked(url) == shown
    assert ("DATABASE_URL", shown) in read_settings({"DATABASE_URL": url}).in_force()


def test_no_login_of_another_service_is_shown():
    environ = {
        "TENDERSCORE_OTLP_URL": "https://tenant:s3cret@traces.example/v1",
        "TENDERSCORE_TSA_URL": "https://s3cret@tsa.example/stamp?token=s3cret",
        "TENDERSCORE_KMS_COMMAND": "/usr/bin/wrap --token 's3cret of mine' --key alias/tenders",
    }
    shown = dict(read_settings(environ).in_force())
    assert shown["TENDERSCORE_OTLP_URL"] == "https://***@traces.example/v1"
    assert shown["TENDERSCORE_TSA_URL"] == "https://***@tsa.example/stamp?***"
    assert shown["TENDERSCORE_KMS_COMMAND"] == "/usr/bin/wrap ***"
    plain = {"TENDERSCORE_TSA_URL": "https://tsa.example/stamp", "TENDERSCORE_KMS_COMMAND": "wrap"}
    assert plain.items() <= dict(read_settings(plain).in_force()).items()


def test_data_lies_where_the_desktop_convention_says(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XDG_DATA_HOME", "/srv/share")
    assert xdg_data_folder() == Path("/srv/share/tenderscore")
    monkeypatch.setenv("XDG_DATA_HOME", "relative")
    monkeypatch.setenv("HOME", "/home/clerk")
    assert xdg_data_folder() == Path("/home/clerk/.local/share/tenderscore")


def test_every_setting_says_what_it_is_in_which_unit_and_who_reads_it():
    for variable, _, meaning in Settings.table():
        assert re.search(r"\([a-z_, ]+\)$", meaning), variable


@pytest.mark.skipif(not README.exists(), reason="the README is not written yet")
def test_the_readme_lists_every_setting():
    rows = re.findall(
        r"^\| `((?:TENDERSCORE|DATABASE)_\w+)` \| (?:`(.*?)`)? *\| (.*?) \|$", README.read_text(), re.MULTILINE
    )
    assert rows == Settings.table()
