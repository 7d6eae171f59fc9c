"""WebSockets of Django Channels, which the API does not pass on."""

from collections.abc import Iterator

import libcst as cst

from homeport.doctor.facts import string_of
from homeport.doctor.finding import Finding
from homeport.doctor.project import Project, Rule

# https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-vs-rest.html
RULE = Rule(
    "websockets",
    "Heroku's router passes WebSockets on. API Gateway's HTTP API, which stands before services, answers requests only "
    "and waits for each 30 s: the handshake fails, whatever the server behind it can do.",
)
ROUTER = "ProtocolTypeRouter"
TODO = (
    "let clients poll or use server-sent events shorter than 30 s, keep this part on Heroku, or put a WebSocket API "
    "or a load balancer of your own before it"
)


def find(project: Project) -> Iterator[Finding]:
    for module in project.signed_modules:
        for call in module.facts.calls:
            if call.name.rpartition(".")[2] == ROUTER and (key := _websocket(call.node)):
                yield RULE.at(module, key, "WebSockets do not pass through the API", TODO, severity="error")


def _websocket(call: cst.Call) -> cst.BaseExpression | None:
    """The key `websocket` of the router's dict."""
    dicts = [arg.value for arg in call.args if isinstance(arg.value, cst.Dict)]
    keys = [element.key for found in dicts for element in found.elements if isinstance(element, cst.DictElement)]
    return next((key for key in keys if string_of(key) == "websocket"), None)
