"""`paystack health` also proves that no merchant waits for all of its captures."""

from collections.abc import Iterator

from paystack_cli.plugins.contract import AttemptFailed, Check, Evidence, Site

PLUGIN_API = 1

STUCK = """
SELECT JSON_ARRAY(merchant_id) FROM payment
GROUP BY merchant_id
HAVING SUM(status = 'CAPTURE_REQUESTED') = COUNT(*)
   AND MIN(requested_at) < UTC_TIMESTAMP() - INTERVAL 1 MINUTE
"""


def merchant_checks(site: Site) -> Iterator[Check]:
    """One check; a plug-in may make as many as it likes."""

    def probe(timeout_s: float) -> Evidence:
        [rows] = site.reach.database().run([STUCK], timeout_s)
        waiting = [merchant for (merchant,) in rows]
        if waiting:
            raise AttemptFailed(
                f"no payment of {', '.join(waiting)} was captured", facts={"merchants": waiting}
            )
        return Evidence("every merchant has captures", {"merchants": []})

    yield Check("merchants", probe, hint="paystack health settlement-worker")
