"""The OpenAPI document as a page can show it: families of calls, shapes, problems; plain data for a template."""

from collections.abc import Mapping
from typing import Any

import msgspec

from gateway.web.api.openapi import REASONS
from gateway.web.api.problem import STATUS


class Row(msgspec.Struct, frozen=True):
    """A parameter or a field."""

    name: str
    where: str  #: path, query or header; "" for a field
    type: str
    required: bool
    words: str


class Body(msgspec.Struct, frozen=True):
    """What is sent or comes back."""

    media: str
    type: str
    example: str


class Outcome(msgspec.Struct, frozen=True):
    """One way in which a call can end."""

    status: str
    words: str
    body: Body | None


class CallShown(msgspec.Struct, frozen=True):
    """One call."""

    anchor: str
    method: str
    path: str
    title: str
    words: str
    rows: tuple[Row, ...]
    body: Body | None
    outcomes: tuple[Outcome, ...]


class Shape(msgspec.Struct, frozen=True):
    """One structure, or a closed set of words."""

    name: str
    words: str
    rows: tuple[Row, ...]
    values: tuple[str, ...]


def sections(tree: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that the template needs."""
    families: dict[str, list[CallShown]] = {}
    for path, methods in tree["paths"].items():
        for method, said in methods.items():
            families.setdefault(said["tags"][0], []).append(_call(method.upper(), path, said))
    schemas = tree["components"]["schemas"]
    return {
        "introduction": tree["info"]["description"],
        "families": sorted(families.items()),
        "shapes": [_shape(name, schemas[name]) for name in sorted(schemas)],
        "shape_names": frozenset(schemas),
        "kinds": sorted(STATUS.items(), key=lambda each: (each[1], each[0])),
        "reasons": REASONS,
    }


def _call(method: str, path: str, said: Mapping[str, Any]) -> CallShown:
    body = said.get("requestBody")
    return CallShown(
        anchor=said["operationId"],
        method=method,
        path=path,
        title=said.get("summary", ""),
        words=said.get("description", ""),
        rows=tuple(
            Row(
                each["name"], each["in"], _type(each["schema"]), bool(each.get("required")), each.get("description", "")
            )
            for each in said.get("parameters", ())
        ),
        body=None if body is None else _body(body["content"]),
        outcomes=tuple(
            Outcome(status, answer["description"], _body(answer["content"]) if answer.get("content") else None)
            for status, answer in said["responses"].items()
        ),
    )


def _body(content: Mapping[str, Any]) -> Body:
    media = next(iter(content))
    example = content[media].get("example")
    text = "" if example is None else msgspec.json.format(msgspec.json.encode(example), indent=2).decode()
    return Body(" / ".join(content), _type(content[media].get("schema", {})), text)


def _shape(name: str, schema: Mapping[str, Any]) -> Shape:
    required = schema.get("required", ())
    rows = tuple(
        Row(field, "", _type(each), field in required, each.get("description", ""))
        for field, each in schema.get("properties", {}).items()
    )
    return Shape(name, schema.get("description", ""), rows, tuple(map(str, schema.get("enum", ()))))


def _type(schema: Mapping[str, Any]) -> str:
    """In a few words; a name is that of a shape."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    for key in ("anyOf", "oneOf", "allOf"):
        if key in schema:
            return " | ".join(_type(each) for each in schema[key])
    if schema.get("type") == "array":
        return f"[{_type(schema.get('items', {}))}]"
    if "additionalProperties" in schema and isinstance(schema["additionalProperties"], Mapping):
        return f"{{…: {_type(schema['additionalProperties'])}}}"
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    said = str(schema.get("format") or schema.get("type", ""))
    low, high = schema.get("minimum"), schema.get("maximum")
    return f"{said} {low}–{high}" if low is not None and high is not None else said
