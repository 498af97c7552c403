"""The description of the API is drawn from its routes, and kept."""

import pytest
from aws_lambda_powertools.event_handler.openapi.models import OpenAPI
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.http import customer, links, openapi
from functions.http.routing import Route
from functions.http.shapes import read
from tests.unit.http import desk_house, house

ROUTES = (*house.ROUTES, *desk_house.ROUTES, *links.ROUTES)


def test_the_kept_description_is_the_present_one() -> None:
    assert customer.OPENAPI.read_text() == openapi.text(), "run `make openapi`"


def test_it_is_served_to_everybody() -> None:
    event = {
        "httpMethod": "GET",
        "path": "/v1/openapi.json",
        "headers": {},
        "requestContext": {"stage": "live"},
    }
    answer = customer.handler(event, LambdaContext())
    assert answer["statusCode"] == 200
    assert answer["multiValueHeaders"]["Content-Type"] == ["application/json"]
    assert answer["body"] == openapi.text()


def test_it_is_openapi() -> None:
    described = OpenAPI.model_validate(openapi.document())
    assert described.openapi == "3.1.0"
    assert described.paths is not None
    assert set(described.paths) == {route.path for route in ROUTES}


def test_every_reference_leads_somewhere() -> None:
    parts = openapi.text().split('"$ref": "#/components/')[1:]
    components = openapi.document()["components"]
    for part in parts:
        kind, _, name = part.partition('"')[0].partition("/")
        assert name in components[kind]


def test_every_operation_has_its_own_name() -> None:
    names = [
        op["operationId"] for path in openapi.document()["paths"].values() for op in path.values()
    ]
    assert len(set(names)) == len(names)


def test_a_field_without_a_kind_is_a_mistake_of_ours() -> None:
    with pytest.raises(TypeError):
        read(Route, {})
