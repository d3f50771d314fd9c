"""What kafka-topics decides to do."""

from kafka_topics.__main__ import Plan, plan
from paycore.catalog import Topic

SMALL = Topic("small", 1, None)
LARGE = Topic("large", 6, -1)


def test_missing_topics_are_created_and_narrow_ones_extended() -> None:
    assert plan([SMALL, LARGE], {"large": 3}) == Plan(create=(SMALL,), extend=(LARGE,))


def test_what_is_there_is_left_as_it_is() -> None:
    assert plan([SMALL, LARGE], {"small": 1, "large": 12, "foreign": 2}) == Plan((), ())
