"""What OpenAPI says of the body of `POST /events`: made of the same models that check it."""

from __future__ import annotations

from typing import Any

from priyom.api.read_body import BATCH, ONE
from priyom.exchange.events import VISIT_TYPES, PatientData, VisitData

_NOTE = "Times are RFC 3339 with an offset. Unknown fields are ignored."


def events_body() -> dict[str, Any]:
    """The `openapi_extra` of the operation."""
    one = {"oneOf": [_event(list(VISIT_TYPES), VisitData), _event(["patient.changed"], PatientData)]}
    return {
        "requestBody": {
            "required": True,
            "description": _NOTE,
            "content": {
                ONE: {"schema": one},
                BATCH: {"schema": {"type": "array", "maxItems": 1000, "items": one}},
            },
        }
    }


def _event(types: list[str], data: type[VisitData] | type[PatientData]) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["specversion", "id", "source", "type", "data"],
        "properties": {
            "specversion": {"const": "1.0"},
            "id": {"type": "string", "maxLength": 200, "description": "unique within source"},
            "source": {"type": "string", "format": "uri-reference", "maxLength": 300},
            "type": {"enum": types},
            "time": {"type": "string", "format": "date-time"},
            "data": _inlined(data.model_json_schema()),
        },
    }


def _inlined(schema: dict[str, Any]) -> dict[str, Any]:
    """Without `$defs`: inside an OpenAPI document their references would point nowhere."""
    parts = schema.pop("$defs", {})

    def walk(node: Any) -> Any:
        if isinstance(node, list):
            return [walk(item) for item in node]
        if not isinstance(node, dict):
            return node
        if "$ref" in node:
            return walk(parts[node["$ref"].rsplit("/", 1)[1]])
        return {key: walk(value) for key, value in node.items()}

    made: dict[str, Any] = walk(schema)
    return made
