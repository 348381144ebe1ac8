"""What foresail.yaml says of health and notices, and each mistake in it."""

from __future__ import annotations

import pytest

from foresail.config import parse_config
from foresail.errors import ConfigError
from publish.sample import TOPIC, tier

PLAIN = {"services": [{"name": "shop", "tiers": [tier()]}]}
HOOK = "https://hooks.slack.com/services/T000/B000/XXXX"


def read(**keys):
    return parse_config({**PLAIN, **keys}, source="foresail.yaml")


def test_notices_go_to_topics_and_a_webhook_that_is_kept_elsewhere():
    notify = read(notify={"topics": [TOPIC], "webhook": "env:FORESAIL_WEBHOOK"}).notify
    assert notify.topics == (TOPIC,)
    assert "waiting" in notify.kinds and "applied" not in notify.kinds
    assert read(notify={"webhook": "ssm:/foresail/slack"}).notify.webhook == "ssm:/foresail/slack"


def test_what_is_told_does_not_change_what_a_plan_rests_on():
    told = read(notify={"topics": [TOPIC]}, monitoring={"stdout": True})
    assert told.digest() == read().digest()


@pytest.mark.parametrize(
    ("keys", "says", "cure"),
    [
        ({"notify": {}}, "notify names nobody", "add topics"),
        ({"notify": {"topics": ["x"]}}, "topics", "write a topic"),
        ({"notify": {"topics": [TOPIC] * 6}}, "topics", "up to five"),
        ({"notify": {"topics": [TOPIC], "kinds": ["loud"]}}, "kinds", "waiting, decided"),
        ({"notify": {"topics": [TOPIC], "kinds": []}}, "kinds", "waiting, decided"),
        ({"notify": {"topics": [TOPIC], "quiet": "soon"}}, "quiet", ""),
        ({"notify": TOPIC}, "notify", "webhook: ssm:/foresail/slack"),
        ({"monitoring": {}}, "one place", "log_group: /foresail/health"),
        ({"monitoring": {"stdout": True, "file": "x"}}, "one place", "write one of"),
        ({"monitoring": {"log_group": "a b"}}, "no name of a log group", "/foresail/health"),
        ({"monitoring": {"log_group": "aws/x"}}, "no name of a log group", "/foresail/health"),
        ({"monitoring": {"stdout": "loud"}}, "stdout", "true or false"),
        ({"monitoring": {"logs": "x"}}, "unknown key", "log_group"),
        ({"monitoring": True}, "monitoring", "{stdout: true}"),
    ],
)
def test_a_mistake_is_named_with_its_cure(keys, says, cure):
    with pytest.raises(ConfigError) as refused:
        read(**keys)
    assert says in refused.value.message
    assert cure in refused.value.cure


@pytest.mark.parametrize("clear", [HOOK, "http://127.0.0.1/", "ssm:slack", "env:1X", 7])
def test_an_address_in_the_clear_is_refused_and_not_repeated(clear):
    with pytest.raises(ConfigError) as refused:
        read(notify={"webhook": clear})
    assert "is a secret" in refused.value.message
    assert str(clear) not in str(refused.value)
