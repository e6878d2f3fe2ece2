"""Tell people, by Apprise: mail, Slack, Telegram, a desktop, a webhook."""

from __future__ import annotations

import logging
import os

from probado.errors import Refused

# Addresses as Apprise has them, with their secrets, separated by spaces.
NOTIFY = "PROBADO_NOTIFY"


def alert(title: str, body: str) -> bool:
    """Send a message to every address in PROBADO_NOTIFY; returns whether there is any.

    Raises:
        Refused: an address is none, or did not take the message. It is not named, because it may hold a secret.
    """
    addresses = os.environ.get(NOTIFY, "").split()
    if not addresses:
        return False
    try:
        import apprise
    except ModuleNotFoundError:
        raise Refused("alerts need packages of the group life: make env WITH=life") from None
    logging.getLogger("apprise").setLevel(logging.CRITICAL)
    failed = []
    for number, address in enumerate(addresses, 1):
        sender = apprise.Apprise()
        if not sender.add(address) or not sender.notify(title=title, body=body):
            failed.append(f"address {number} of {NOTIFY}")
    if failed:
        raise Refused(f"the alert was not delivered to {', '.join(failed)}")
    return True
