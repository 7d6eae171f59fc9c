from collections.abc import Callable

import pytest

from homeport.postgres.copy.contents import Contents, Grant
from homeport.postgres.copy.finish import AT_ONCE, map_grants, render_rest
from homeport.postgres.server import connect
from tests.postgres.clusters import Cluster, rds_like


def test_grants_go_to_roles_that_the_target_knows_under_their_new_names() -> None:
    grants = (
        Grant("SELECT", "TABLE a", "reader", False),
        Grant("INSERT", "TABLE a", 'odd"one', True),
        Grant("UPDATE", "TABLE a", "", False),
        Grant("DELETE", "TABLE a", "gone", False),
        Grant("DELETE", "TABLE b", "gone", False),
        Grant("SELECT", "TABLE a", "app", False),
        Grant("USAGE", "TYPES", "reader", False, "ALTER DEFAULT PRIVILEGES IN SCHEMA a "),
    )
    statements, skipped = map_grants(grants, {"reader": "analyst"}, {"analyst", 'odd"one', "app"}, "app")
    assert statements == [
        'GRANT SELECT ON TABLE a TO "analyst"',
        'GRANT INSERT ON TABLE a TO "odd""one" WITH GRANT OPTION',
        "GRANT UPDATE ON TABLE a TO PUBLIC",
        'ALTER DEFAULT PRIVILEGES IN SCHEMA a GRANT USAGE ON TYPES TO "analyst"',
    ]
    assert skipped == ["role gone: 2 grants left out, the target has no such role"]


@pytest.mark.integration
def test_steps_of_what_comes_last_stay_the_same_when_a_role_appears(cluster: Callable[..., Cluster]) -> None:
    """Which of them a killed run has done is known by their number."""
    target = rds_like(cluster("15"))
    grants = [Grant("SELECT", f"TABLE a{number}", "later", False) for number in range(AT_ONCE)]
    contents = Contents(revokes=("REVOKE x",), grants=(*grants, Grant("SELECT", "TABLE b", "", False)))
    last = ("GRANT SELECT ON TABLE b TO PUBLIC", "SET LOCAL synchronous_commit = on")
    with connect(target, application="test", autocommit=True) as connection:
        without, told = render_rest(connection, ("SCRIPT",), contents, {})
        assert (without, told) == (
            ("SCRIPT", "REVOKE x", "", *last),
            [f"role later: {AT_ONCE} grants left out, the target has no such role"],
        )
        cluster("15").execute(f"CREATE ROLE {target.user}_reader")
        known, silent = render_rest(connection, ("SCRIPT",), contents, {"later": f"{target.user}_reader"})
    assert (known[:2], known[3:], silent) == (without[:2], last, [])
    assert known[2].count("GRANT SELECT") == AT_ONCE
