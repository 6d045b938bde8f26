"""The settings file: what is read of it, what is told, and that nothing a person wrote is lost."""

from __future__ import annotations

import json
import multiprocessing
import stat
import sys
import tomllib
from pathlib import Path

import pytest
import typer
from hypothesis import HealthCheck, given
from hypothesis import settings as budget
from hypothesis import strategies as st
from typer.testing import CliRunner

from quietdesk import settings
from quietdesk.cli import settings as command
from quietdesk.desk import Desk
from quietdesk.errors import ErrorCode, UserError
from quietdesk.paths import Paths
from quietdesk.settings import Problem, Settings, as_written, load, set_value
from quietdesk.tools.classify import classifier


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config" / "settings.toml"


def written(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_without_a_file_all_is_as_by_default(path: Path) -> None:
    assert load(path) == (Settings(True, 90, True, "auto", "default", 0.89), [])
    assert not path.parent.exists()


def test_the_threshold_is_the_classifiers_own() -> None:
    assert Settings().review_threshold == classifier.THRESHOLD


def test_a_file_is_read(path: Path) -> None:
    written(path, 'history = false\nkeep_history_days = 0\nlanguage = "zh"\nreview_threshold = 0.5\nlabel_set = "家书"')
    assert load(path) == (Settings(False, None, True, "zh", "家书", 0.5), [])


def test_a_byte_order_mark_and_windows_line_ends_are_no_trouble(path: Path) -> None:
    written(path, b"\xef\xbb\xbf# mine\r\nhistory = false\r\n")
    assert load(path) == (Settings(history=False), [])
    set_value(path, "receipts", "off")
    assert path.read_bytes().startswith(b"\xef\xbb\xbf# mine\r\nhistory = false\r\n")
    assert load(path) == (Settings(history=False, receipts=False), [])


@pytest.mark.parametrize(("line", "default"), [
    ("history = 1", "on"), ('history = "maybe"', "on"), ("receipts = []", "on"), ("history = 2020-01-01", "on"),
    ("keep_history_days = -1", "90"), ("keep_history_days = 30.5", "90"), ("keep_history_days = true", "90"),
    ("keep_history_days = 36501", "90"), ("keep_history_days = {}", "90"), ('keep_history_days = "x"', "90"),
    ('language = "fr"', "auto"), ("language = 1", "auto"), ('label_set = " "', "default"),
    ('label_set = """a\nb"""', "default"), ("review_threshold = 0.4", "0.89"), ("review_threshold = 1", "0.89"),
    ("review_threshold = nan", "0.89"), ("review_threshold = inf", "0.89"), ("review_threshold = true", "0.89"),
    ("review_threshold.low = 0.6", "0.89"),
])  # fmt: skip
def test_a_broken_value_is_told_with_its_line_and_what_is_used_instead(path: Path, line: str, default: str) -> None:
    found, problems = load(written(path, f"# a comment\n\nfolders = [\n  1,\n]\n{line}\n[more]\n"))
    assert found == Settings()
    _, problem, _ = problems
    (key,) = tomllib.loads(line)
    assert (problem.line, problem.key, problem.default) == (6, key, default)
    assert problem.what.startswith("it must be ")


def test_unknown_keys_are_told_and_what_may_be_meant(path: Path) -> None:
    top = 'x = """\nhistory = 3\n"""\nHistory = false\nreceipts = false\n'
    written(path, f"{top}\n[watch]\nlanguage = 3\n[[watch.on]]\n")
    found, problems = load(path)
    assert found == Settings(receipts=False)
    assert problems == [
        Problem(1, "x", "there is no such setting", ""),
        Problem(4, "History", "there is no such setting (is history meant?)", ""),
        Problem(7, "watch", "there is no such setting", ""),
    ]


@pytest.mark.parametrize(("content", "line"), [
    (b"history = false\nreceipts = no\n", 2), (b"a = 1\n\nhistory", 3), (b"a = 1\na = 2\n", 2), (b"\x00", 1),
    (b"# good\n\xff\xfe = 1", 2), (b"a = " + b"[" * 100_000, 0), (b"a = 1\nb = " + b"9" * 5_000 + b"\n", 3),
    (b"a = 1\r\r\n", 1), (b"a = 2020-13-45", 1), ("history = true\nlanguage = “zh”\n".encode(), 2),
])  # fmt: skip
def test_a_file_that_is_no_toml_is_told_once_and_kept(path: Path, content: bytes, line: int) -> None:
    found, (problem,) = load(written(path, content))
    assert found == Settings()
    assert (problem.line, problem.key, problem.default) == (line, "", "all defaults")
    assert problem.what.isprintable()
    assert path.read_bytes() == content
    kept = set_value(path, "history", "off")
    assert kept == path.with_name("settings.toml.damaged-1")
    assert kept.read_bytes() == content
    assert load(path) == (Settings(history=False), [])
    written(path, content)
    assert set_value(path, "history", "off") == path.with_name("settings.toml.damaged-2")


def test_a_file_that_cannot_be_read_is_an_error(path: Path) -> None:
    path.mkdir(parents=True)
    for act in (lambda: load(path), lambda: set_value(path, "history", "off")):
        with pytest.raises(UserError) as caught:
            act()
        assert caught.value.code is ErrorCode.UNREADABLE
        assert str(path) in caught.value.message


@pytest.mark.parametrize(("key", "text", "value"), [
    ("history", "off", False), ("history", " No ", False), ("receipts", "FALSE", False), ("history", "yes", True),
    ("keep_history_days", "30", 30), ("keep_history_days", "0", 0), ("language", "ZH", "zh"),
    ("label_set", " my post ", "my post"), ("label_set", 'a"b\\', 'a"b\\'), ("review_threshold", "0.75", 0.75),
    ("review_threshold", "0.5", 0.5),
])  # fmt: skip
def test_what_a_person_types_is_set(path: Path, key: str, text: str, value: object) -> None:
    assert set_value(path, key, text) is None
    found, problems = load(path)
    assert not problems
    assert as_written(found)[key] == value
    assert as_written(found) == {**as_written(Settings()), key: value}
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize(("key", "text"), [
    ("history", "maybe"), ("history", ""), ("keep_history_days", "-3"), ("keep_history_days", "a week"),
    ("keep_history_days", "9" * 5_000), ("language", "Klingon"), ("label_set", ""), ("label_set", "a\nb"),
    ("label_set", "\udcff"), ("review_threshold", "0,9"), ("review_threshold", "1.0"), ("review_threshold", "nan"),
])  # fmt: skip
def test_what_cannot_be_meant_is_refused_and_changes_nothing(path: Path, key: str, text: str) -> None:
    written(path, "# mine\n")
    with pytest.raises(UserError) as caught:
        set_value(path, key, text)
    assert caught.value.code is ErrorCode.UNSUPPORTED
    assert key in caught.value.message
    assert path.read_text() == "# mine\n"


def test_a_setting_that_is_none_is_refused(path: Path) -> None:
    with pytest.raises(UserError, match="is language meant") as caught:
        set_value(path, "langauge", "en")
    assert caught.value.code is ErrorCode.NOT_FOUND
    assert not path.exists()


def test_comments_order_and_unknown_keys_stay(path: Path) -> None:
    top = "# mine\nfuture = { a = 1 } # later\n\nhistory = true   # for work\nlabel_set='x'\n"
    content = f"{top}\n[watch]  # folders\na=1\n[[on]]\n[more]\n[[on]]\n"
    set_value(written(path, content), "history", "off")
    assert path.read_text() == content.replace("true ", "false ")
    set_value(path, "language", "en")
    assert path.read_text().replace('language = "en"\n', "") == content.replace("true ", "false ")
    assert load(path)[0] == Settings(history=False, language="en", label_set="x")


@pytest.mark.parametrize("content", ["[history]\n# why\na = 1\n", "history = [ # why\n1]\n", "history.x = 1 # why\n"])
def test_a_table_in_the_place_of_a_setting_is_left_to_the_person(path: Path, content: str) -> None:
    with pytest.raises(UserError, match="line 1") as caught:
        set_value(written(path, content), "history", "off")
    assert caught.value.code is ErrorCode.UNSUPPORTED
    assert "history = false" in caught.value.hint
    assert path.read_text() == content


def test_a_very_long_list_costs_the_line_numbers_below_it_and_nothing_else(path: Path) -> None:
    content = "folders = [\n" + "  1,\n" * 5_000 + ']\nlanguage = "fr"\n[t]\n'
    _, problems = load(written(path, content))
    assert [(problem.line, problem.key) for problem in problems] == [(0, "folders"), (0, "language"), (0, "t")]
    set_value(path, "history", "off")
    assert path.read_text().replace("history = false\n", "").replace("\n\n", "\n") == content
    with pytest.raises(UserError, match="language cannot be changed"):
        set_value(path, "language", "en")


def test_a_value_that_is_there_already_is_not_written_again(path: Path) -> None:
    set_value(written(path, "history=false"), "history", "off")
    assert path.read_text() == "history=false"


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_a_link_stays_a_link(path: Path, tmp_path: Path) -> None:
    path.parent.mkdir()
    path.symlink_to(tmp_path / "elsewhere.toml")
    set_value(path, "history", "off")
    assert path.is_symlink()
    assert load(tmp_path / "elsewhere.toml") == (Settings(history=False), [])


def set_many(path: Path, key: str, texts: list[str]) -> None:
    for text in texts:
        set_value(path, key, text)


def test_two_programs_do_not_undo_each_others_changes(path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    work = [("history", ["off", "on"] * 4 + ["off"]), ("keep_history_days", [str(days) for days in range(1, 10)])]
    programs = [context.Process(target=set_many, args=(path, *each)) for each in work]
    for program in programs:
        program.start()
    for program in programs:
        program.join()
    assert load(path) == (Settings(history=False, keep_history_days=9), [])


KEYS = st.sampled_from([*as_written(Settings()), "future", "History", '"a b"', "x.y", "'history'"])
SPACE = st.sampled_from(["", " ", "\t", "  "])
VALUES = st.sampled_from([
    "true", "false", "0", "90", "-1", "0.9", "nan", "inf", '"zh"', "'x'", '"""\nhistory = 1\n"""', "[\n1, # one\n]",
    "{ a = 1 }", "[]", "2020-01-01", "07:32:00", "0x" + "f" * 40, '"\\u00e9 # no comment"',
])  # fmt: skip
COMMENTS = st.sampled_from(["", " # why", "\t#", " # 因为"])
ENDS = st.sampled_from(["\n", "\r\n", "\n\n", "\n  \n"])
ASSIGNMENTS = st.builds(lambda *parts: "".join(parts), SPACE, KEYS, SPACE, st.just("="), SPACE, VALUES, COMMENTS, ENDS)
NAMES = st.sampled_from(["[t]", "[[l]]", "[t.u]", "[q]"])
HEADERS = st.builds(lambda *parts: "".join(parts), SPACE, NAMES, COMMENTS, ENDS)
REMARKS = st.sampled_from(["# on a line of its own\n", "\n", "   # moved in\r\n"])
TOPS, TABLES = st.lists(ASSIGNMENTS | REMARKS, max_size=6), st.lists(ASSIGNMENTS | REMARKS | HEADERS, max_size=8)
FILES = st.tuples(TOPS, TABLES, st.booleans()).map(
    lambda parts: "".join(parts[0] + parts[1])[: -1 if parts[2] else None]  # the last line may have no end
)
TYPED = st.sampled_from([
    ("history", "off"), ("history", "on"), ("keep_history_days", "7"), ("language", "en"), ("label_set", "post 家"),
    ("receipts", "off"), ("review_threshold", "0.7"),
])  # fmt: skip
ONE_FOLDER = budget(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@ONE_FOLDER
@given(content=st.text() | st.text("ahistory=[]{}.\"'#\n \t0019truefalse\\ue") | FILES)
def test_no_text_crashes_load(path: Path, content: str) -> None:
    found, problems = load(written(path, content.encode("utf-8", "surrogatepass")))
    assert isinstance(found, Settings)
    assert all(problem.what for problem in problems)
    for problem in problems:
        assert 0 <= problem.line <= content.count("\n") + 1


@ONE_FOLDER
@given(content=st.binary(max_size=200))
def test_no_bytes_crash_load(path: Path, content: bytes) -> None:
    load(written(path, content))


@budget(ONE_FOLDER, max_examples=100)
@given(content=FILES, typed=TYPED)
def test_setting_a_value_keeps_all_else(path: Path, content: str, typed: tuple[str, str]) -> None:
    key, text = typed
    written(path, content)
    for kept in path.parent.glob("*.damaged-*"):
        kept.unlink()
    try:
        before = tomllib.loads(content)
    except ValueError:
        kept_as = set_value(path, key, text)
        assert kept_as is not None
        assert kept_as.read_bytes() == content.encode()
        return
    problems = {problem.key: problem for problem in load(path)[1]}
    try:
        assert set_value(path, key, text) is None
    except UserError as error:
        assert isinstance(before[key], dict | list), error.message  # noqa: PT017
        assert path.read_bytes() == content.encode()
        return
    after = path.read_bytes().decode()
    now = tomllib.loads(after)
    assert repr({**now, key: 0}) == repr({**before, key: 0}) or set(now) == {*before, key}
    assert as_written(load(path)[0])[key] == now[key]
    assert after.count("#") == content.count("#") - (1 if "no comment" in str(before.get(key)) else 0)
    assert {p.key for p in load(path)[1]} == set(problems) - {key}


class Run:
    """The commands, with the folders of the test."""

    def __init__(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("QUIETDESK_HOME", str(home))
        self.path = settings.file_of(Paths.find())
        self.app = typer.Typer()
        command.register(self.app, lambda: Desk(Paths.find()))

    def __call__(self, *arguments: str) -> tuple[str, str]:
        result = CliRunner().invoke(self.app, ["settings", *arguments])
        if isinstance(result.exception, UserError):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.stdout, result.stderr


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    return Run(tmp_path / "home", monkeypatch)


def test_the_command_shows_and_sets(run: Run) -> None:
    assert run("set", "keep_history_days", "30") == ("", "keep_history_days is now 30.\n")
    rows = [json.loads(line) for line in run("show", "--json")[0].splitlines()]
    assert [row["key"] for row in rows] == list(as_written(Settings()))
    assert {"key": "keep_history_days", "value": 30, "default": 90} in rows
    shown, notices = run("show")
    assert ["keep_history_days", "30", "90"] in [line.split() for line in shown.splitlines()]
    assert not notices
    with pytest.raises(UserError, match="on or off"):
        run("set", "history", "perhaps")


def test_the_command_tells_what_is_wrong_in_the_file(run: Run) -> None:
    run.path.parent.mkdir(parents=True)
    run.path.write_text('language = "fr"\nextra = 1\n')
    _, notices = run("show")
    assert notices.splitlines() == [
        f"{run.path}, line 1: language: it must be one of auto, en, zh. In use: auto.",
        f"{run.path}, line 2: extra: there is no such setting.",
    ]
    run.path.write_text("history is off")
    _, notices = run("show")
    assert notices.startswith(f"{run.path}, line 1: the file is not TOML: ")
    _, notices = run("set", "history", "off")
    assert f"kept as {run.path}.damaged-1" in notices
