"""AWS's regions, of the partition `aws`: those of China and of the US government have accounts and names of their own.

A test compares them with botocore's, which takes too long to load here.
"""

from homeport.model.problems import show, suggest

REGIONS = (
    *("af-south-1", "ap-east-1", "ap-east-2", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1"),
    *("ap-south-2", "ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5"),
    *("ap-southeast-6", "ap-southeast-7", "ca-central-1", "ca-west-1", "eu-central-1", "eu-central-2", "eu-north-1"),
    *("eu-south-1", "eu-south-2", "eu-west-1", "eu-west-2", "eu-west-3", "il-central-1", "me-central-1"),
    *("me-south-1", "mx-central-1", "sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2"),
)


def find_region_problem(region: str) -> str:
    """What is wrong with a region; empty if nothing."""
    if region in REGIONS:
        return ""
    return f"{show(region)} is not an AWS region{suggest(region, REGIONS) or ' such as eu-west-1'}"
