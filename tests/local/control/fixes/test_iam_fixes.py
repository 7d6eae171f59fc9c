from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.integration
TRUST = '{"Version": "2012-10-17", "Statement": []}'


def test_what_an_update_of_a_role_leaves_out_stays(client: Callable[[str], Any]) -> None:
    iam = client("iam")
    iam.create_role(RoleName="kept", AssumeRolePolicyDocument=TRUST, Description="first", MaxSessionDuration=7200)
    iam.update_role(RoleName="kept", MaxSessionDuration=10800)
    iam.update_role(RoleName="kept")
    found = iam.get_role(RoleName="kept")["Role"]
    assert (found["Description"], found["MaxSessionDuration"]) == ("first", 10800)
