"""The user's settings, in a TOML file that people may edit: what they wrote besides is never lost."""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from quietdesk.errors import ErrorCode, UserError
from quietdesk.files import write_atomic
from quietdesk.lock import exclusive
from quietdesk.paths import Paths, private_folder

Language = Literal["auto", "en", "zh"]

_FILE, _LOCK = "settings.toml", "settings.lock"
_LANGUAGES = ("auto", "en", "zh")
_TRUTH = MappingProxyType({"true": True, "on": True, "yes": True, "false": False, "off": False, "no": False})
_MOST_DAYS = 36_500
_LOWEST_THRESHOLD, _HIGHEST_THRESHOLD = 0.5, 0.99
# A statement of more lines is not followed to the lines after it: the time would grow with the square of its length.
_MOST_LINES = 200
_BYTE_ORDER_MARK = "\ufeff"


@dataclass(frozen=True, slots=True)
class Settings:
    """What a person can choose.

    history: keep results. keep_history_days: erase them after so many days, None: never. receipts: keep receipts.
    language: of the program's words. label_set: the one used when none is named. review_threshold: a label less
    probable than this is left for a person to decide (the default is the classifier's own).
    """

    history: bool = True
    keep_history_days: int | None = 90
    receipts: bool = True
    language: Language = "auto"
    label_set: str = "default"
    review_threshold: float = 0.89


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the file that was passed over.

    line: counted from 1, 0 when it is not known. key: '' when it is the whole file. what: in words. default: what is
    used instead, as it is written in the file; '' for an unknown key, which has none.
    """

    line: int
    key: str
    what: str
    default: str


class _NoTomlError(Exception):
    """The file cannot be understood at all."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(what)
        self.line = line
        self.what = what


def file_of(paths: Paths) -> Path:
    """Where the settings are; the file need not exist."""
    return paths.config / _FILE


def load(path: Path) -> tuple[Settings, list[Problem]]:
    """The settings of the file, and what could not be used of it; all defaults when there is no file.

    Raises:
        UserError: ``unreadable``: it is there and cannot be read.
    """
    content = _content(path)
    try:
        text, values = _parse(content)
    except _NoTomlError as error:
        return Settings(), [Problem(error.line, "", f"the file is not TOML: {error.what}", "all defaults")]
    chosen: dict[str, Any] = {}
    faults: dict[str, str] = {}
    for key, value in values.items():
        if key not in _READERS:
            faults[key] = f"there is no such setting{_meant(key)}"
            continue
        try:
            chosen[key] = _READERS[key](value)
        except ValueError as error:
            faults[key] = str(error)
    places = _places(text) if faults else {}
    problems = sorted(
        (Problem(places.get(key, (0, 0))[0], _one_line(key), what, _default(key)) for key, what in faults.items()),
        key=lambda problem: problem.line,
    )
    return replace(Settings(), **chosen), problems


def set_value(path: Path, key: str, text: str) -> Path | None:
    """Write one setting as a person typed it; everything else in the file stays as it is.

    Returns where a file that was no TOML is kept, None in the ordinary case.

    Raises:
        UserError: ``not_found``: no such setting; ``unsupported``: not a value for it, or the file has to be mended
            by hand first; or the file cannot be read or written.
    """
    value = _typed(key, text)
    private_folder(path.parent)
    with exclusive(path.with_name(_LOCK)):
        content, kept = _content(path), None
        try:
            before, values = _parse(content)
        except _NoTomlError:
            kept = _keep_aside(path, content)
            before, values = "", {}
        if key not in values or type(values[key]) is not type(value) or values[key] != value:
            after = _changed(path, before, values, key, value)
            mark = _BYTE_ORDER_MARK if content.startswith(_BYTE_ORDER_MARK.encode()) else ""
            # Through a link, as people with their settings in one place have it.
            write_atomic(path.resolve(), (mark + after).encode())
    return kept


def as_written(settings: Settings) -> dict[str, bool | int | float | str]:
    """The settings as they stand in the file, which has no word for None."""
    return {key: 0 if value is None else value for key, value in asdict(settings).items()}


def shown(value: object) -> str:
    """A value of the file in words a person could type."""
    return ("on" if value else "off") if isinstance(value, bool) else str(value)


def _switch(value: object) -> bool:
    if isinstance(value, str):
        value = _TRUTH.get(value.strip().lower())
    if isinstance(value, bool):
        return value
    raise ValueError("it must be on or off (true or false)")


def _days(value: object) -> int | None:
    try:
        # Through text: 30.5 and true are no number of days, though int() takes them.
        days = int(str(value))
    except ValueError:
        days = -1
    if not 0 <= days <= _MOST_DAYS:
        raise ValueError(f"it must be a whole number of days, at most {_MOST_DAYS}; 0: for ever")
    return days or None


def _language(value: object) -> str:
    name = value.strip().lower() if isinstance(value, str) else ""
    if name not in _LANGUAGES:
        raise ValueError(f"it must be one of {', '.join(_LANGUAGES)}")
    return name


def _name(value: object) -> str:
    name = value.strip() if isinstance(value, str) else ""
    if not name or not name.isprintable():
        raise ValueError("it must be the name of a label set")
    return name


def _threshold(value: object) -> float:
    try:
        number = float(str(value))
    except ValueError:
        number = 0.0
    if not _LOWEST_THRESHOLD <= number <= _HIGHEST_THRESHOLD:
        raise ValueError(f"it must be a number from {_LOWEST_THRESHOLD} to {_HIGHEST_THRESHOLD}")
    return number


_READERS: Mapping[str, Callable[[object], Any]] = MappingProxyType({
    "history": _switch, "keep_history_days": _days, "receipts": _switch, "language": _language,
    "label_set": _name, "review_threshold": _threshold,
})  # fmt: skip


def _typed(key: str, text: str) -> bool | int | float | str:
    """The value as it is to stand in the file.

    Raises:
        UserError: ``not_found`` or ``unsupported``.
    """
    reader = _READERS.get(key)
    if reader is None:
        raise UserError(
            ErrorCode.NOT_FOUND, "No such setting", f"There is no setting {_one_line(key)}{_meant(key)}.",
            f"There are: {', '.join(_READERS)}.",
        )
    try:
        return as_written(replace(Settings(), **{key: reader(text)}))[key]
    except ValueError as error:
        raise UserError(
            ErrorCode.UNSUPPORTED, "Setting cannot have this value", f"{key}: {error}.",
            "`quietdesk settings show` shows the settings as they are.",
        ) from error


def _meant(key: str) -> str:
    near = difflib.get_close_matches(key.lower(), _READERS, 1)
    return f" (is {near[0]} meant?)" if near else ""


def _default(key: str) -> str:
    defaults = as_written(Settings())
    return shown(defaults[key]) if key in defaults else ""


def _one_line(text: str) -> str:
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise UserError(
            ErrorCode.UNREADABLE, "Settings cannot be read", f"{path}: {error.strerror or error}",
            "Check the permissions of the file.",
        ) from error


def _parse(content: bytes) -> tuple[str, dict[str, Any]]:
    """The file's text without a byte order mark, and its top-level values.

    Raises:
        _NoTomlError: it is none.
    """
    try:
        text = content.decode("utf-8").removeprefix(_BYTE_ORDER_MARK)
        return text, tomllib.loads(text)
    except UnicodeDecodeError as error:
        raise _NoTomlError(content.count(b"\n", 0, error.start) + 1, "it is not UTF-8 text") from error
    except RecursionError as error:
        raise _NoTomlError(0, "its values are nested too deeply") from error
    except ValueError as error:  # besides TOMLDecodeError, one for numbers of thousands of digits
        place = re.search(r"line (\d+)", str(error))
        line = int(place[1]) if place else text.count("\n") + 1
        raise _NoTomlError(line, _one_line(re.sub(r" \(at .*\)$", "", str(error)))) from error


def _statements(text: str) -> Iterator[tuple[int, int, str]]:
    """The first and the last line of each statement with its text. ``text``: valid TOML.

    Every statement of a valid file is valid by itself, so that the shortest run of lines that is valid is one.
    """
    start, statement = 1, ""
    for number, line in enumerate(text.split("\n"), 1):
        statement += line + "\n"
        with suppress(ValueError):
            tomllib.loads(statement)
            yield start, number, statement
            start, statement = number + 1, ""
        if number - start > _MOST_LINES:
            return


def _is_header(statement: str) -> bool:
    return statement.lstrip().startswith("[")


def _places(text: str) -> dict[str, tuple[int, int]]:
    """The first and the last line of the statement that first has a top-level key. ``text``: valid TOML."""
    found: dict[str, tuple[int, int]] = {}
    in_table = False
    for first, last, statement in _statements(text):
        in_table = in_table or _is_header(statement)
        if not in_table or _is_header(statement):
            for key in tomllib.loads(statement):
                found.setdefault(key, (first, last))
    return found


def _changed(path: Path, before: str, values: Mapping[str, Any], key: str, value: bool | int | float | str) -> str:
    """The file's text with that value.

    Raises:
        UserError: ``unsupported``: a table or list stands in its place, or something else would be lost.
    """
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    lines = before.split("\n")
    header = next((first for first, _, statement in _statements(before) if _is_header(statement)), None)
    tables = "\n".join(lines[header - 1 :]) if header else ""
    top = before.removesuffix(tables)
    first, last = _places(before).get(key, (0, 0))
    others = lines[: max(first - 1, 0)] + lines[last:]
    if not isinstance(values.get(key), dict | list):
        # What tomlkit made is looked at, and not only its errors: a person's file is not the place for its mistakes.
        # It gets no tables, which it would put into another order, for example those of a list that is interrupted.
        with suppress(TOMLKitError, ValueError, RecursionError):
            document = tomlkit.parse(top)
            document[key] = value
            after = tomlkit.dumps(document) + tables
            if _same(tomllib.loads(after), {**values, key: value}) and _stand_in(others, after.split("\n")):
                return after
    raise UserError(
        ErrorCode.UNSUPPORTED, "Settings have to be changed by hand",
        f"{path}{f', line {first}' if first else ''}: {key} cannot be changed without touching something else.",
        "Open the file in an editor and write, above the first line in square brackets: "
        f"{key} = {json.dumps(value, ensure_ascii=False)}",
    )


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    # As text, because NaN is not equal to itself.
    return repr(sorted(one.items())) == repr(sorted(other.items()))


def _stand_in(lines: Sequence[str], text: Sequence[str]) -> bool:
    """Whether all the lines stand in the text, in this order."""
    rest = iter(text)
    return all(line in rest for line in lines)


def _keep_aside(path: Path, content: bytes) -> Path:
    """Write the damaged file again under another name, which is returned."""
    number = 1
    while (kept := path.with_name(f"{_FILE}.damaged-{number}")).exists():
        number += 1
    write_atomic(kept, content)
    return kept
