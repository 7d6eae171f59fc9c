"""Topics, queues, mail and users."""

from collections.abc import Iterator

from homeport.cost import assumptions as assume
from homeport.cost.line import Use
from homeport.cost.place import Place


def message_uses(place: Place) -> Iterator[Use]:
    """What is published, what is read from queues, what is sent, who signs in."""
    platform = place.platform
    for name in platform.topics:
        published = place.measured(None, assume.MESSAGES)
        yield Use(price="sns.publish", amount=published, item="messages published", kind="messages", part=name)
        for listener in (listener for _, listener, part in platform.with_code() if name in part.on):
            read = published.times(3) + assume.POLLS  # into the queue, out of it, and deleted
            yield Use(price="sqs.request", amount=read, item=f"queue of {listener}", kind="messages", part=name)
    if platform.mail:
        mails = place.measured(place.usage.mails, assume.MAILS)
        yield Use(price="ses.mail", amount=mails, item="mails", kind="messages")
    if platform.users:
        users = place.measured(place.usage.users, assume.USERS)
        note = "Essentials, the tier of new user pools"
        yield Use(price="cognito.essentials.user", amount=users, item="users who sign in", kind="users", note=note)
