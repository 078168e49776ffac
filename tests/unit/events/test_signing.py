"""Signatures, verified by the independent package of Standard Webhooks."""

from __future__ import annotations

import base64
import time

import pytest
from pydantic import SecretStr
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from headgate.errors import ConfigError
from headgate.events.sinks.signing import Signer

OLD = "whsec_" + base64.b64encode(bytes(range(32))).decode()
NEW = "whsec_" + base64.b64encode(bytes(range(1, 33))).decode()
OTHER = "whsec_" + base64.b64encode(bytes(range(2, 34))).decode()
BODY = '{"name":"Universität","n":1}'.encode()


def _signed(*secrets: str, body: bytes = BODY) -> dict[str, str]:
    return Signer([SecretStr(secret) for secret in secrets], "hook").headers("run-1_2_3", int(time.time()), body)


def test_signature_is_verified_by_others() -> None:
    """The independent verifier accepts the message, and refuses it when a byte differs."""
    headers = _signed(OLD)
    assert Webhook(OLD).verify(BODY, headers) == {"name": "Universität", "n": 1}
    with pytest.raises(WebhookVerificationError):
        Webhook(OLD).verify(BODY.replace(b"1", b"2"), headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(OLD).verify(BODY, {**headers, "webhook-id": "another"})


def test_secrets_are_changed_over_without_a_gap() -> None:
    """While there are two secrets, receivers with either of them accept; one with a third does not."""
    headers = _signed(NEW, OLD)
    assert Webhook(NEW).verify(BODY, headers)
    assert Webhook(OLD).verify(BODY, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(OTHER).verify(BODY, headers)


@pytest.mark.parametrize("secret", ["", "hunter2", "whsec_", "whsec_c2hvcnQ=", "whsec_!!!", OLD.removeprefix("whsec_")])
def test_unusable_secret_is_a_mistake_of_the_configuration(secret: str) -> None:
    """A secret that is too short or not of the form is refused, and not shown."""
    with pytest.raises(ConfigError) as refused:
        _signed(secret)
    assert secret == "" or secret not in str(refused.value).replace("whsec_ and then", "")


def test_unsigned_webhooks_do_not_exist() -> None:
    """Without a secret there is no webhook."""
    with pytest.raises(ConfigError, match="HEADGATE_EVENTS__SINKS__HOOK__SECRETS"):
        _signed()
