"""`homeport logs`: whose logs are shown, and what stands in front of each line."""

import pytest

from homeport.cli.logs import Printer, choose_groups
from homeport.errors import HomeportError
from homeport.local.logs import Line

GROUPS = {
    "/homeport/local/gateway": "gateway",  # a service that is called so
    "/homeport/local/gateway/access": "gateway",
    "/homeport/local/receipt": "receipt",
}


def test_of_all_or_of_one() -> None:
    assert choose_groups(GROUPS, None) == GROUPS
    assert list(choose_groups(GROUPS, "receipt")) == ["/homeport/local/receipt"]
    assert list(choose_groups(GROUPS, "gateway")) == ["/homeport/local/gateway", "/homeport/local/gateway/access"]


def test_a_misspelt_source_is_told_with_what_was_meant() -> None:
    with pytest.raises(HomeportError) as raised:
        choose_groups(GROUPS, "gatway")
    assert raised.value.message == "logs: gatway has no logs here (did you mean 'gateway'?)"
    assert raised.value.hint == "there are logs of: gateway, receipt"
    with pytest.raises(HomeportError, match="^logs: x has no logs here$"):
        choose_groups({}, "x")


@pytest.mark.parametrize(
    ("source", "stream", "label"),
    [
        ("library", "worker/worker/0a1b", "library.worker"),
        ("web", "web/web/0a1b", "web"),
        ("receipt", "2026/11/28/[1]0a1b", "receipt"),
        ("gateway", "2026/11/28/abc123/$default", "gateway"),
        ("gateway", "web/web/0a1b", "gateway.web"),
        ("elsewhere", "stream", "elsewhere"),
    ],
)
def test_only_what_a_service_wrote_names_its_process(
    source: str, stream: str, label: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Printer()(Line(0, source, stream, "hello"))
    assert capsys.readouterr().out.split() == ["00:00:00", label, "|", "hello"]
