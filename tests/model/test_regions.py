"""AWS's regions."""

import botocore.session

from homeport.model.regions import REGIONS


def test_they_are_those_that_botocore_knows() -> None:
    assert sorted(REGIONS) == sorted(botocore.session.Session().get_available_regions("ec2"))
