"""Signatures after Standard Webhooks 1.0 (https://www.standardwebhooks.com): HMAC-SHA256, several secrets."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence

from pydantic import SecretStr

from headgate.errors import ConfigError

_PREFIX = "whsec_"
_BYTES = range(24, 65)


class Signer:
    """Signs messages with every secret there is, so that receivers can change over from one to the next.

    Args:
        secrets: ``whsec_`` and 24 to 64 bytes in base64, each.
        sink: Whose they are, for messages.

    Raises:
        ConfigError: There is none, or one is not of this form.
    """

    def __init__(self, secrets: Sequence[SecretStr], sink: str) -> None:
        if not secrets:
            raise ConfigError(
                f"The webhook '{sink}' has no secret to sign with.",
                hint=f"Set HEADGATE_EVENTS__SINKS__{sink.upper()}__SECRETS to whsec_ and 32 random bytes in base64.",
            )
        self._keys = [_key(secret, sink) for secret in secrets]

    def headers(self, message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
        """Return the headers that prove a message.

        Args:
            message_id: The id of the message; the same whenever it is sent.
            timestamp: Now, in seconds since 1970.
            body: The body as it is sent.
        """
        signed = b".".join([message_id.encode(), str(timestamp).encode(), body])
        signatures = (base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode() for key in self._keys)
        return {
            "webhook-id": message_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
        }


def _key(secret: SecretStr, sink: str) -> bytes:
    text = secret.get_secret_value()
    try:
        key = base64.b64decode(text.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not text.startswith(_PREFIX) or len(key) not in _BYTES:
        raise ConfigError(
            f"A secret of the webhook '{sink}' is not of the form that Standard Webhooks asks for.",
            hint=f"Write {_PREFIX} and then {_BYTES.start} to {_BYTES.stop - 1} random bytes in base64.",
        )
    return key
