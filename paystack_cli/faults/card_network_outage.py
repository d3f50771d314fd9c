"""The simulated card network answers one kind of request with 503 and does nothing."""

import json

from paystack_cli.clients.http import HttpClient
from paystack_cli.errors import CheckFailed

ANSWER_MAX_S = 5.0
HTTP_OK = 200


class CardNetworkOutage:
    """`operation` ("authorize", "capture", "refund") is out at the simulator behind `network`."""

    def __init__(self, network: HttpClient, operation: str) -> None:
        self._network = network
        self._operation = operation

    @property
    def told(self) -> str:
        return f"the card network is out for {self._operation}"

    @property
    def by_hand(self) -> str:
        return "paystack restart pg-simulator"

    def apply(self) -> None:
        self._set(outage=True)

    def heal(self) -> None:
        self._set(outage=False)

    def _set(self, *, outage: bool) -> None:
        path = f"/pg/behaviour/{self._operation}"
        body = json.dumps({"outage": outage}).encode()
        answer = self._network.request("PATCH", path, body=body, timeout_s=ANSWER_MAX_S)
        if answer.status != HTTP_OK:
            raise CheckFailed(
                f"the simulator does not change its behaviour: {answer}", hint=self.by_hand
            )
