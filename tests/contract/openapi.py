"""Checks answers against an OpenAPI description."""

import json
import re
from dataclasses import dataclass, field
from functools import cached_property

from openapi_schema_validator import OAS30Validator, oas30_format_checker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

_ROOT = "urn:description"


@dataclass
class Description:
    load: object
    """Gives the description; called once."""
    prefix: str = ""
    """What stands before the paths of the description."""
    forgiven: dict = field(default_factory=dict)
    """(method, path, status) -> why it is not looked at."""

    @cached_property
    def spec(self):
        return self.load()

    @cached_property
    def registry(self):
        return Registry().with_resource(_ROOT, Resource(self.spec, DRAFT4))

    @cached_property
    def operations(self):
        """(method, path template) of each."""
        return [(method, path) for path, found in self.spec["paths"].items() for method in found]

    def operation(self, method, path):
        """The template that a request goes to; None when it is none of the description."""
        if not path.startswith(self.prefix):
            return None
        path = path.removeprefix(self.prefix)
        fitting = [
            template
            for known, template in self.operations
            if known == method.lower()
            and re.fullmatch(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template)), path)
        ]
        return min(fitting, key=lambda one: (one.count("{"), -len(one)), default=None)

    def declares(self, method, path):
        return self.operation(method, path) is not None

    def check(self, method, path, status, content_type, body):
        """Fail unless this answer is declared and its body fits."""
        template = self.operation(method, path)
        method = method.lower()
        if template is None or (method, template, status) in self.forgiven:
            return
        answers = self.spec["paths"][template][method]["responses"]
        told = f"{method} {template} {status}"
        assert str(status) in answers, f"{told} is not declared: {body[:300]}"
        place = ["paths", template, method, "responses", str(status)]
        if "$ref" in answers[str(status)]:
            place = answers[str(status)]["$ref"].removeprefix("#/").split("/")
        content = self._at(place).get("content")
        if not content or method == "head":
            return
        kind = content_type.partition(";")[0]
        assert kind in content, f"{told} is {content_type}"
        if kind == "application/json":
            self.check_value([*place, "content", kind, "schema"], json.loads(body))

    def check_value(self, place, value):
        """Fail unless the value fits the schema at a place in the description."""
        pointer = "/".join(part.replace("~", "~0").replace("/", "~1") for part in place)
        schema = {"$ref": f"{_ROOT}#/{pointer}"}
        OAS30Validator(
            schema, registry=self.registry, format_checker=oas30_format_checker
        ).validate(value)

    def _at(self, place):
        found = self.spec
        for part in place:
            found = found[part]
        return found
