from homeport.postgres.copy.contents import Grant
from homeport.postgres.copy.finish import map_grants


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
