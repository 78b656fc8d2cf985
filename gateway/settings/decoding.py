"""TOML to frozen structs: every misspelt key and wrong type is found at once and told in words, with its path."""

import difflib
import re
import tomllib
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin

import msgspec

T = TypeVar("T", bound=msgspec.Struct)

KINDS = {
    "int": "an integer",
    "str": "a string",
    "bool": "true or false",
    "float": "a number",
    "array": "a list",
    "object": "a table",
    "null": "nothing",
    "datetime": "a date",
    "date": "a date",
    "time": "a time",
}


class SettingsError(Exception):
    """What is wrong with a file of settings: each problem is one line that names the file and the key."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def read(path: Path, kind: type[T]) -> T:
    """The file as `kind`; raises SettingsError with every problem of form."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror or error}") from None
    return read_bytes(data, kind, str(path))


def read_bytes(data: bytes, kind: type[T], where: str) -> T:
    """The same of what a file would hold; `where` is what problems call it."""
    table = _toml(data, where)
    problems = tuple(f"{where}: {problem}" for problem in _table_problems(table, kind, ""))
    if problems:
        raise SettingsError(*problems)
    return msgspec.convert(table, kind)


def _toml(data: bytes, where: str) -> dict[str, Any]:
    try:
        return tomllib.loads(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise SettingsError(f"{where}: is not UTF-8 (byte {error.start})") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{where}: is not valid TOML: {error}") from None
    except RecursionError:
        raise SettingsError(f"{where}: is nested too deeply") from None


def _table_problems(value: object, kind: Any, path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{path}: expected a table, got {_kind_of(value)}"
        return
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    for key in (key for key in value if key not in fields):
        yield f"{_join(path, key)}: unknown key{_did_you_mean(key, fields)}"
    for name, field in fields.items():
        if name in value:
            yield from _value_problems(value[name], field.type, _join(path, name))
        elif field.required:
            yield f"{_join(path, name)}: is missing"


def _value_problems(value: object, kind: Any, path: str) -> Iterator[str]:
    """Tables and lists of tables are looked into; everything else is msgspec's to judge."""
    arguments = get_args(kind)
    structs = [each for each in (kind, *arguments) if isinstance(each, type) and issubclass(each, msgspec.Struct)]
    if not structs:
        yield from _leaf_problems(value, kind, path)
    elif get_origin(kind) is tuple and isinstance(value, list):
        for index, element in enumerate(value):
            yield from _table_problems(element, structs[0], f"{path}[{index}]")
    elif get_origin(kind) is dict and isinstance(value, dict):
        for name, element in value.items():
            yield from _table_problems(element, structs[0], _join(path, name))
    elif get_origin(kind) is tuple:
        yield f"{path}: expected a list of tables ([[{path}]]), got {_kind_of(value)}"
    else:
        yield from _table_problems(value, structs[0], path)


def _leaf_problems(value: object, kind: Any, path: str) -> Iterator[str]:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        text, _, place = str(error).partition(" - at `$")
        yield f"{path}{place.rstrip('`').replace('[...]', '')}: {_in_words(text, kind)}"


def _in_words(text: str, kind: Any) -> str:
    if text.startswith("Invalid enum value"):
        allowed = ", ".join(str(member.value) for member in _enum_of(kind))
        return f"{text.removeprefix('Invalid enum value ')} is not one of {allowed}"
    return re.sub(r"`([^`]+)`", lambda match: _kinds_in_words(match[1]), text[:1].lower() + text[1:])


def _enum_of(kind: Any) -> type[Enum]:
    found: type[Enum] = next(
        each for each in (kind, *get_args(kind)) if isinstance(each, type) and issubclass(each, Enum)
    )
    return found


def _kinds_in_words(names: str) -> str:
    return " or ".join(KINDS.get(name, name) for name in names.split(" | "))


def _kind_of(value: object) -> str:
    names = {bool: "bool", int: "int", str: "str", float: "float", list: "array", dict: "object"}
    return KINDS.get(names.get(type(value), ""), "a date or time")


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _did_you_mean(key: str, fields: dict[str, Any]) -> str:
    close = difflib.get_close_matches(key, fields, n=1, cutoff=0.6)
    return f"; did you mean {close[0]}?" if close else f"; known keys are {', '.join(fields)}"
