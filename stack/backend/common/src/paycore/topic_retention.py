"""How long Kafka may keep a record, asked of the broker."""

import math
from typing import Any

from confluent_kafka.admin import ConfigResource, ResourceType  # type: ignore[attr-defined]

from paycore.catalog import catalog
from paycore.kafka import admin_client

ANSWER_MAX_S = 5.0
MS_PER_HOUR = 3_600_000


def topics_keep_h(bootstrap: str) -> float:
    """For how many hours a topic that is consumed keeps a record at most. Raises KafkaException."""
    topics = {topic for consumer in catalog().consumers.values() for topic in consumer.topics}
    admin = admin_client(bootstrap)
    answers = admin.describe_configs(
        [ConfigResource(ResourceType.TOPIC, topic) for topic in topics],
        request_timeout=ANSWER_MAX_S,
    )
    configs = [answer.result() for answer in answers.values()]
    return max(kept_h({name: entry.value for name, entry in config.items()}) for config in configs)


def kept_h(config: dict[str, Any]) -> float:
    """The same for one topic, from its configuration; infinity when it keeps records for ever.

    Kafka deletes whole segments: the first record of one stays while the segment is written, which
    is segment.ms at most, and for retention.ms after its last.
    """
    retention_ms, segment_ms = int(config["retention.ms"]), int(config["segment.ms"])
    return math.inf if retention_ms < 0 else (retention_ms + segment_ms) / MS_PER_HOUR
