"""Where things live."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from quietdesk.errors import ErrorCode, UserError
from quietdesk.paths import Paths, private_folder


def folders(paths: Paths) -> tuple[Path, ...]:
    return (paths.config, paths.data, paths.cache, paths.state, paths.models)


def test_home_moves_everything_below_one_folder(tmp_path: Path) -> None:
    home = tmp_path / "my home"
    paths = Paths.find({"QUIETDESK_HOME": str(home)})
    assert all(folder.is_relative_to(home) for folder in folders(paths))
    assert len(set(folders(paths))) == 5
    assert not home.exists(), "finding the folders must not create them"


def test_relative_home_does_not_follow_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    paths = Paths.find({"QUIETDESK_HOME": "portable"})
    monkeypatch.chdir("/")
    assert paths.data.is_relative_to(tmp_path / "portable")


def test_tilde_is_the_users_home() -> None:
    assert Paths.find({"QUIETDESK_HOME": "~/q"}).data.is_relative_to(Path.home() / "q")


@pytest.mark.parametrize("environment", [{}, {"QUIETDESK_HOME": ""}])
def test_without_home_the_users_own_folders_are_used(environment: dict[str, str]) -> None:
    paths = Paths.find(environment)
    assert all("quietdesk" in str(folder) and folder.is_absolute() for folder in folders(paths))


def test_environment_is_read_by_default(quietdesk_home: Path) -> None:
    assert Paths.find().config.is_relative_to(quietdesk_home)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no permission bits")
def test_private_folder_is_the_owners_alone(tmp_path: Path) -> None:
    folder = private_folder(tmp_path / "a" / "b")
    for made in (folder, folder.parent):
        assert stat.S_IMODE(made.stat().st_mode) == 0o700
    assert private_folder(folder) == folder


def test_a_file_in_the_way_is_an_error_for_people(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with pytest.raises(UserError) as caught:
        private_folder(tmp_path / "data" / "models")
    assert caught.value.code is ErrorCode.UNREADABLE
    assert "QUIETDESK_HOME" in caught.value.hint
    assert str(tmp_path) in caught.value.message
