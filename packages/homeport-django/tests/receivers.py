"""What the worker of test_consume.py does: it writes down each message, and can be told to be slow."""

import os
from pathlib import Path

from homeport_django.messages import Message, receiver


@receiver("parcel-sent")
def note(message: Message) -> None:
    """Appends to $NOTES; with `wait_for`, not before that file exists."""
    notes = Path(os.environ["NOTES"])
    with notes.open("a") as file:
        file.write(f"began {message.payload['parcel']}\n")
    if wait_for := message.payload.get("wait_for"):
        while not Path(wait_for).exists():
            pass
    with notes.open("a") as file:
        file.write(f"ended {message.payload['parcel']}\n")
