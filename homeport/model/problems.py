"""What is wrong with a homeport.yml: a path into it and a sentence; pydantic's findings are put into words here."""

import difflib
import types
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

Place = tuple[str | int, ...]
VALUE_WIDTH = 60


@dataclass(frozen=True)
class Problem:
    """One mistake: where in the document, and value and expectation in one line."""

    path: Place
    text: str


def convert_errors(error: ValidationError, model: type[BaseModel]) -> list[Problem]:
    """Problems for everything that pydantic found in a document of type `model`."""
    return [
        Problem(_path(details), _sentence(details, model))
        for details in error.errors(include_url=False, include_context=True)
    ]


def render_path(path: Place) -> str:
    """`services.catalog.routes[0]`; always on one line, whatever the keys hold."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            name = step if step.isprintable() and step else repr(step)
            text += f".{_cut(name)}" if text else _cut(name)
    return text


def show(value: object) -> str:
    """A value of the document as it is quoted in a message: short and on one line."""
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, str):
        return _cut(repr(value))
    return _cut(str(value))


def suggest(word: str, known: Collection[str]) -> str:
    """` (did you mean 'x'?)` if one of `known` is close to `word`, else nothing."""
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f" (did you mean '{close[0]}'?)" if close else ""


def listed(words: Iterable[str], limit: int = 12) -> str:
    """`a, b or c`; long lists are cut."""
    every = list(words)
    if len(every) > limit:
        return ", ".join(every[:limit]) + ", …"
    return " or ".join(filter(None, [", ".join(every[:-1]), *every[-1:]]))


def model_at(model: type[BaseModel], path: Place) -> type[BaseModel] | None:
    """The model that describes the mapping at `path` of a document of type `model`, if there is one."""
    here: Any = model
    for step in path:
        here = _inner(here, step)
        if here is None:
            return None
    here = _unwrap(here)
    return here if isinstance(here, type) and issubclass(here, BaseModel) else None


def _path(details: ErrorDetails) -> Place:
    return tuple(step for step in details["loc"] if step != "[key]")


def _sentence(details: ErrorDetails, model: type[BaseModel]) -> str:
    kind, path, context = details["type"], _path(details), details.get("ctx", {})
    value = show(details["input"])
    if "environment" in path and not isinstance(details["input"], dict | list | None):
        value = "the value"  # it may be a secret, in the wrong place
    if kind == "extra_forbidden":
        return _unknown_key(path, model)
    if kind == "missing":
        return f"is missing{_description(path, model)}"
    if kind == "value_error":
        return str(context["error"])
    if kind == "string_pattern_mismatch":
        return f"{value} is not {_pattern_in_words(str(context['pattern']))}"
    if kind == "literal_error":
        return f"{value} is not {context['expected']}"
    return f"{value} {EXPECTATIONS[kind].format(**context)}" if kind in EXPECTATIONS else f"{value}: {details['msg']}"


EXPECTATIONS = {
    "int_parsing": "is not a whole number",
    "int_type": "is not a whole number",
    "int_from_float": "is not a whole number",
    "int_parsing_size": "is not a whole number of a sensible size",
    "bool_parsing": "is not true or false",
    "bool_type": "is not true or false",
    "string_type": "is not text",
    "model_type": "stands where a mapping is expected",
    "model_attributes_type": "stands where a mapping is expected",
    "dict_type": "stands where a mapping is expected",
    "tuple_type": "stands where a list is expected",
    "greater_than_equal": "is less than {ge}",
    "less_than_equal": "is more than {le}",
    "string_too_long": "is longer than {max_length} characters",
    "string_too_short": "is shorter than {min_length} characters",
}

PATTERNS = {
    r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$": "a name: lower-case letters, digits and single hyphens, a letter first",
    r"^\d{12}$": "an AWS account: 12 digits",
}


def _pattern_in_words(pattern: str) -> str:
    return PATTERNS.get(pattern, f"of the form {pattern}")


def _unknown_key(path: Place, model: type[BaseModel]) -> str:
    owner = model_at(model, path[:-1])
    known = sorted(owner.model_fields) if owner else []
    return f"unknown key{suggest(str(path[-1]), known) or f'; expected {listed(known, limit=20)}'}"


def _description(path: Place, model: type[BaseModel]) -> str:
    owner = model_at(model, path[:-1])
    field = owner.model_fields.get(str(path[-1])) if owner else None
    return f": {field.description}" if field and field.description else ""


def _inner(annotation: Any, step: str | int) -> Any:
    annotation = _unwrap(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        field = annotation.model_fields.get(str(step))
        return field.annotation if field else None
    arguments = get_args(annotation)
    if get_origin(annotation) is dict:
        return arguments[1]
    return arguments[0] if get_origin(annotation) is tuple else None


def _unwrap(annotation: Any) -> Any:
    """Without `Annotated` and `| None`."""
    while hasattr(annotation, "__metadata__"):
        annotation = annotation.__origin__
    if get_origin(annotation) in (Union, types.UnionType):
        return _unwrap(next(part for part in get_args(annotation) if part is not type(None)))
    return annotation


def _cut(text: str) -> str:
    return text if len(text) <= VALUE_WIDTH else f"{text[: VALUE_WIDTH - 1]}…"
