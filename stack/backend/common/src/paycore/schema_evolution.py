"""Which changes of an event's schema are allowed: those that break no old reader or event.

    old readers   what producers write under the new schema must be valid under every released one
    old events    what was written under a released schema must be valid under the new one

Both together leave little, which is the point: a property may be added if it is optional and all
released schemas are silent about it; an optional property may be dropped; annotations may change.
Anything else (a property more or less required, a limit wider or narrower, a type, an enum) would
break the one side or the other: it is a new event type.

Schemas use a subset of JSON Schema draft-07, so that these rules are complete: an object whose
properties are scalars, open to properties it does not know.
"""

from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]

ANNOTATIONS = frozenset({"$schema", "$id", "$comment", "title", "description", "examples"})
"""Keywords that no validator looks at."""
OBJECT_KEYWORDS = ANNOTATIONS | {"type", "required", "properties"}
SCALAR_KEYWORDS = ANNOTATIONS | {
    "type",
    "const",
    "enum",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "pattern",
    "format",
}


def outside_subset(schema: Schema) -> list[str]:
    """What in `schema` the rules here do not cover; such a schema cannot be judged."""
    return list(_outside_subset(schema))


def breaking_changes(released: Schema, current: Schema) -> list[str]:
    """What in `current` breaks readers or events of `released`; empty when nothing does."""
    return list(_breaking_changes(released, current))


def _outside_subset(schema: Schema) -> Iterator[str]:
    if schema.get("type") != "object":
        yield "the event is not of type object"
    for keyword in sorted(schema.keys() - OBJECT_KEYWORDS):
        yield f"keyword {keyword}"
    properties = schema.get("properties", {})
    for name in sorted(set(schema.get("required", ())) - properties.keys()):
        yield f"{name} is required and not described"
    for name, rule in properties.items():
        if rule.get("type") in {"object", "array"}:
            yield f"{name} is no scalar"
        for keyword in sorted(rule.keys() - SCALAR_KEYWORDS):
            yield f"keyword {keyword} of {name}"


def _breaking_changes(released: Schema, current: Schema) -> Iterator[str]:
    old_rules, new_rules = released["properties"], current["properties"]
    old_required, new_required = set(released["required"]), set(current["required"])
    for name in sorted(old_required - new_required):
        yield f"{name} is no longer required: old readers need it"
    for name in sorted(new_required - old_required):
        yield f"{name} is now required: old events lack it"
    for name in sorted(old_rules.keys() & new_rules.keys()):
        old, new = _meaning(old_rules[name]), _meaning(new_rules[name])
        for keyword in sorted(old.keys() | new.keys()):
            if old.get(keyword) != new.get(keyword):
                yield f"{name}: {keyword} was {old.get(keyword)!r} and is {new.get(keyword)!r}"


def _meaning(rule: Schema) -> dict[str, Any]:
    """A rule without what no validator looks at; the order of an enum does not matter."""
    meaning = {keyword: value for keyword, value in rule.items() if keyword not in ANNOTATIONS}
    if "enum" in meaning:
        meaning["enum"] = sorted(meaning["enum"], key=repr)
    return meaning
