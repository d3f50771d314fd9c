"""A schema change that breaks old readers or old events is refused.

`stack/schemas/released/<EVENT>/<n>.json` are copies of what was ever released; they never change.
To release a changed schema, copy it there under the next number.
"""

import copy
import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paycore.catalog import SCHEMAS, catalog
from paycore.schema_evolution import breaking_changes, outside_subset

RELEASED = Path(str(files("paycore"))) / "schemas" / "released"

Schema = dict[str, Any]


def current(event_type: str) -> Schema:
    schema: Schema = json.loads((SCHEMAS / catalog().schema_file_of[event_type]).read_text("utf-8"))
    return schema


def released(event_type: str) -> list[Schema]:
    found = sorted((RELEASED / event_type).glob("*.json"), key=lambda path: int(path.stem))
    return [json.loads(path.read_text("utf-8")) for path in found]


@pytest.mark.parametrize("event_type", sorted(catalog().topic_of))
def test_today_s_schemas_break_nothing_that_was_released(event_type: str) -> None:
    schema = current(event_type)
    assert outside_subset(schema) == []
    assert released(event_type), f"copy the schema to {RELEASED / event_type / '1.json'}"
    assert [breaking_changes(old, schema) for old in released(event_type)] == [
        [] for _ in released(event_type)
    ]


def test_no_released_event_type_has_vanished() -> None:
    assert {folder.name for folder in RELEASED.iterdir()} <= set(catalog().topic_of)


def changed(**edits: Any) -> Schema:
    """PAYMENT_CAPTURED with properties replaced, or dropped where the edit is None."""
    schema = copy.deepcopy(current("PAYMENT_CAPTURED"))
    for name, rule in edits.items():
        if rule is None:
            del schema["properties"][name]
        else:
            schema["properties"][name] = rule
    return schema


def requiring(*names: str, without: str = "") -> Schema:
    schema = changed(**{name: {"type": "string"} for name in names})
    schema["required"] = [n for n in [*schema["required"], *names] if n != without]
    return schema


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        pytest.param(requiring("channel"), "channel is now required", id="a new required field"),
        pytest.param(
            requiring(without="amount"), "amount is no longer required", id="a field made optional"
        ),
        pytest.param(
            changed(merchantId={"type": "string", "minLength": 1, "maxLength": 64}),
            "merchantId: maxLength was 32 and is 64",
            id="a wider limit breaks old readers",
        ),
        pytest.param(
            changed(merchantId={"type": "string", "minLength": 1, "maxLength": 16}),
            "merchantId: maxLength was 32 and is 16",
            id="a narrower limit breaks old events",
        ),
        pytest.param(
            changed(amount={"type": "string"}), "amount: type was 'integer'", id="another type"
        ),
        pytest.param(
            changed(status={"enum": ["CAPTURED", "CAPTURED_IN_PART"]}),
            "status: const was 'CAPTURED'",
            id="a new value",
        ),
        pytest.param(
            changed(currency={"type": "string"}), "currency: pattern was", id="a rule dropped"
        ),
    ],
)
def test_a_breaking_change_is_refused_and_named(schema: Schema, reason: str) -> None:
    found = breaking_changes(current("PAYMENT_CAPTURED"), schema)
    assert any(change.startswith(reason) for change in found), found


def test_an_optional_field_and_another_description_are_welcome() -> None:
    schema = changed(channel={"type": "string", "description": "Where the sale was made."})
    schema["title"] = "Another title"
    assert breaking_changes(current("PAYMENT_CAPTURED"), schema) == []
    assert outside_subset(schema) == []


@pytest.mark.parametrize(
    "schema",
    [
        changed() | {"additionalProperties": False},
        changed() | {"oneOf": []},
        changed(items={"type": "array"}),
        changed(amount={"type": "integer", "multipleOf": 10}),
        changed(approvalNumber=None),
    ],
)
def test_a_schema_that_the_rules_cannot_judge_is_refused(schema: Schema) -> None:
    assert outside_subset(schema) != []


SCALARS = st.sampled_from([-2, -1, 0, 1, 2, "", "a", "ab", "b"])
RULES = st.one_of(
    st.builds(
        lambda low, high: {"type": "integer", "minimum": low, "maximum": high},
        st.integers(-2, 0),
        st.integers(0, 2),
    ),
    st.builds(lambda least: {"type": "string", "minLength": least}, st.integers(0, 2)),
    st.builds(lambda value: {"const": value}, SCALARS),
    st.builds(lambda values: {"enum": values}, st.lists(SCALARS, min_size=1, max_size=3)),
)
NAMES = ["a", "b", "c"]
EVENTS = st.fixed_dictionaries({}, optional=dict.fromkeys(NAMES, SCALARS))


@st.composite
def schemas(draw: st.DrawFn) -> Schema:
    properties = draw(st.dictionaries(st.sampled_from(NAMES), RULES, min_size=1))
    required = draw(st.lists(st.sampled_from(sorted(properties)), unique=True))
    return {"type": "object", "required": required, "properties": properties}


@st.composite
def neighbours(draw: st.DrawFn) -> tuple[Schema, Schema]:
    """Two schemas that share most of what they say, so that many pairs are compatible."""
    old = draw(schemas())
    new = copy.deepcopy(old)
    for name in draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=2)):
        new["properties"][name] = draw(st.one_of(RULES, st.just(old["properties"].get(name)))) or {}
    if draw(st.booleans()):
        new["required"] = draw(st.lists(st.sampled_from(sorted(new["properties"])), unique=True))
    return old, new


def valid(schema: Schema, event: dict[str, Any]) -> bool:
    return bool(jsonschema.Draft7Validator(schema).is_valid(event))


@settings(max_examples=600, deadline=None)
@given(pair=neighbours(), event=EVENTS)
def test_what_is_allowed_breaks_no_event_in_either_direction(
    pair: tuple[Schema, Schema], event: dict[str, Any]
) -> None:
    """Against an independent validator: producers write only fields that their schema describes."""
    old, new = pair
    if breaking_changes(old, new):
        return
    written_before = {name: event[name] for name in event.keys() & old["properties"].keys()}
    written_now = {name: event[name] for name in event.keys() & new["properties"].keys()}
    if valid(old, written_before):
        assert valid(new, written_before)
    if valid(new, written_now):
        assert valid(old, written_now)
