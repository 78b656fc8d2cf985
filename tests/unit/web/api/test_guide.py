"""The guide keeps up with the code: examples fit their schemas, every problem and reason is told, names are unique."""

from typing import Any

import jsonschema_rs
import pytest

from gateway.web.api.openapi import REASONS
from gateway.web.api.problem import STATUS
from gateway.web.handling import REASONS as REFUSALS
from sanitizers.views import Why
from tests.conftest import ROOT
from tests.unit.web.api.world import NOBODY, World


@pytest.fixture
async def tree(world: World) -> dict[str, Any]:
    found: dict[str, Any] = (await world.get(NOBODY, "/openapi.json")).json()
    return found


def contents(tree: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Everything that is sent or comes back, with where that is said."""
    found = []
    for path, methods in tree["paths"].items():
        for method, said in methods.items():
            sides = {"body": said.get("requestBody", {}), **said["responses"]}
            for name, side in sides.items():
                found += [(f"{method} {path} {name}", content) for content in side.get("content", {}).values()]
    return found


async def test_every_example_fits_its_schema(tree: dict[str, Any]) -> None:
    examples = [(where, content) for where, content in contents(tree) if "example" in content]
    assert len(examples) > 10
    for where, content in examples:
        schema = {**content["schema"], "components": tree["components"]}
        errors = [error.message for error in jsonschema_rs.validator_for(schema).iter_errors(content["example"])]
        assert not errors, where


async def test_every_answer_that_is_no_success_is_a_problem(tree: dict[str, Any]) -> None:
    for path, methods in tree["paths"].items():
        for method, said in methods.items():
            for status, answer in said["responses"].items():
                if int(status) >= 400 and (method, path, status) != ("get", "/api/v1/health", "503"):
                    content = answer["content"]["application/problem+json"]
                    assert content["schema"] == {"$ref": "#/components/schemas/Problem"}, (method, path, status)


async def test_operations_have_names_of_their_own(tree: dict[str, Any]) -> None:
    names = [said["operationId"] for methods in tree["paths"].values() for said in methods.values()]
    assert len(names) == len(set(names))
    assert not [name for name in tree["components"]["schemas"] if "." in name]


def test_every_reason_that_can_be_given_is_described() -> None:
    described = {name for name, _ in REASONS}
    assert {reason for _, reason in REFUSALS.values() if reason} <= described
    assert {why.value for why in Why} <= described


def test_the_document_tells_every_problem() -> None:
    page = (ROOT / "docs" / "api.md").read_text()
    for kind, status in STATUS.items():
        assert f"| {status} | `{kind}` |" in page
    for name, words in REASONS:
        assert f"| `{name}` | {words} |" in page
