"""Commands as Heroku ran them → commands that run in a task, and what of them a person must look at."""

import re

from homeport.heroku.files.procfile import NESTED

WRAPPER = re.compile(
    r"(?:(?<=\s)|^)(?:\./)?bin/(start-(?:nginx|nginx-solo|nginx-debug|pgbouncer|pgbouncer-stunnel|stunnel))\s+"
)
SOCKET = re.compile(r"(?:-b|--bind)[ =]?['\"]?(?:unix:)/?[^\s'\"]+['\"]?")
LISTEN = "--bind 0.0.0.0:$PORT"
PORT = re.compile(r"\$\{?PORT\b")
ABSOLUTE = re.compile(r"(?:^|[\s;&|(])(/(?!bin/|usr/bin/env\b)[^\s;&|]*bin/[^\s;&|]+)")


def clean_command(command: str) -> str:
    """Without wrappers that only Heroku's buildpacks bring, and in characters that YAML and AWS take."""
    text = WRAPPER.sub("", command)
    if text != command:
        text = SOCKET.sub(LISTEN, text)
    return text.encode("utf-8", "replace").decode().replace("\0", "")


def sockets(command: str) -> list[str]:
    """Sockets of a wrapper that the process listened on, and that were rewritten."""
    return SOCKET.findall(command) if wrappers(command) else []


def find_check(process_type: str, command: str) -> str:
    """What a person must look at before a command runs off Heroku; empty if nothing is seen."""
    cleaned = clean_command(command)
    if process_type == "web" and wrappers(command) and not PORT.search(cleaned):
        if "uwsgi" in cleaned:
            return "CHECK: listened behind nginx; its .ini must say `http-socket = :$(PORT)`"
        return "CHECK: listened behind nginx; it must listen on 0.0.0.0:$PORT itself"
    if process_type == "web" and NESTED.search(cleaned):
        return "CHECK: starts several; the one that answers must listen on 0.0.0.0:$PORT, the others are better apart"
    if absolute := ABSOLUTE.search(cleaned):
        return f"CHECK: {absolute[1]} is in an image of Heroku's; write the name alone"
    return ""


def wrappers(command: str) -> list[str]:
    return WRAPPER.findall(command)
