"""A registry's file that cannot be used is refused in one line: which file, which line, which key, and why."""

from pathlib import Path

import pytest
from common.names.file_setting import NamesSettings
from common.names.toml_file import NamesFileError, read
from common.process.settings import ServiceSettings, load
from hypothesis import given
from hypothesis import strategies as st

GOOD = '[[models]]\nfolders = ["a"]\nprovider = "P"\n'


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("x = ", "f.toml is not TOML: Invalid value (at end of document)"),
        (f"{GOOD}provider = 'Q'\n", "f.toml is not TOML: Cannot overwrite a value (at line 4, column 15)"),
        ("moduls = 1\n", "f.toml, line 1: moduls: is not known here"),
        (f"{GOOD}\n[[models]]\nfolders = ['b']\nkind = 'robot'\n", "f.toml, line 7: models.2.kind: must be "),
        (f"{GOOD}release_date = 'soon'\n", "f.toml, line 4: models.1.release_date: is not a date"),
        (f"{GOOD}colour = 'red'\n", "f.toml, line 4: models.1.colour: is not known here"),
        (f"{GOOD}family = ''\n", "f.toml, line 4: models.1.family: must not be empty"),
        (f'{GOOD}names.b = "x\\u0007"\n', "f.toml, line 4: models.1.names.b: it holds control characters"),
        (
            f"{GOOD}sources.colour = 'x'\n",
            "f.toml, line 4: models.1.sources.colour: is no field; there are display_name",
        ),
        (f'{GOOD}\n\n[[models]]\nnames.a = "B"\n', "f.toml, line 7: models.2.names.a: this folder is listed before"),
        ("[[models]]\nfolders = ['a/b']\n", "f.toml, line 2: models.1.folders.a/b: no folder can be called this"),
        ("\n[[models]]\nprovider = 'P'\n", "f.toml, line 2: models.1: names no folder: give it folders or names"),
        ("models = 3\n", "f.toml, line 1: models: must be a list"),
    ],
)
def test_what_is_wrong_is_named(text: str, line: str) -> None:
    with pytest.raises(NamesFileError) as refused:
        read(text.encode, "f.toml")
    assert str(refused.value).startswith(line), str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_file_that_is_not_there_or_no_text(tmp_path: Path) -> None:
    with pytest.raises(NamesFileError, match=r"gone\.toml cannot be read: No such file"):
        read((tmp_path / "gone.toml").read_bytes, "gone.toml")
    with pytest.raises(NamesFileError, match=r"f\.toml is not UTF-8"):
        read(lambda: b"\xff", "f.toml")


class _Settings(ServiceSettings, NamesSettings):
    pass


def test_a_service_with_a_bad_file_stops_with_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "names.toml"
    file.write_text(f"{GOOD}kind = 'robot'\n")
    monkeypatch.setenv("MODEL_NAMES_FILE", str(file))
    with pytest.raises(SystemExit) as stopped:
        load(_Settings)
    assert stopped.value.code == 78
    line = capsys.readouterr().err
    assert line.startswith(f"arcwatch: bad setting MODEL_NAMES_FILE: {file}, line 4: models.1.kind: ")
    assert line.count("\n") == 1
    file.write_text(GOOD)
    assert load(_Settings).names.of("a").fields.provider == "P"
    monkeypatch.setenv("MODEL_NAMES_FILE", "")
    assert load(_Settings).names.of("a").fields.provider is None


@given(st.one_of(st.binary(max_size=60), st.text(max_size=60).map(lambda text: f"[[models]]\n{text}".encode())))
def test_any_file_is_read_or_refused_in_one_line(body: bytes) -> None:
    try:
        read(lambda: body, "f.toml")
    except NamesFileError as error:
        assert "\n" not in str(error)  # noqa: PT017 - most files are refused, some are not
