"""Deploying a site: what is put, in which order, with which headers; what goes; what CloudFront forgets."""

from collections.abc import Callable
from typing import Any

import pytest

from homeport.deploy.site import AT_ONCE, FOR_EVER, SHORTLY, Changes, deploy_site, find_distribution, plan_site
from homeport.deploy.target import Target
from homeport.errors import HomeportError
from homeport.model import names


def test_pages_come_last_and_the_index_after_all() -> None:
    changes = plan_site({"index.html": "1", "a.html": "1", "z.css": "1", "app.js": "1"}, {}, "index.html")
    assert [upload.key for upload in changes.uploads] == ["app.js", "z.css", "a.html", "index.html"]


def test_equal_files_stay_changed_ones_are_put_and_gone_ones_deleted() -> None:
    changes = plan_site({"a": "1", "b": "2"}, {"a": "1", "b": "1", "c": "1", "homeport.json": "x"}, "index.html")
    assert [upload.key for upload in changes.uploads] == ["b"]
    assert changes.deletions == ("c",) and changes.invalidations == ("/b", "/c")
    assert plan_site({"a": "1"}, {"a": "1", "homeport.json": "x"}, "index.html") == Changes()


def test_the_index_of_a_folder_is_also_the_folder() -> None:
    found = {"index.html": "1", "docs/index.html": "1"}
    changes = plan_site(dict.fromkeys(found, "2"), found, "index.html")
    assert changes.invalidations == ("/", "/docs/", "/docs/index.html", "/index.html")
    many = {f"{number}.css": "1" for number in range(50)}
    assert plan_site(dict.fromkeys(many, "2"), many, "index.html").invalidations == ("/*",)


@pytest.mark.parametrize(
    ("key", "content_type", "cache_control"),
    [
        ("index.html", "text/html; charset=utf-8", AT_ONCE),
        ("app.3f2a9c1b.js", "text/javascript; charset=utf-8", FOR_EVER),
        ("assets/index-B4x9_kQz.css", "text/css; charset=utf-8", FOR_EVER),
        ("app.js", "text/javascript; charset=utf-8", SHORTLY),
        ("jquery-slideshow.js", "text/javascript; charset=utf-8", SHORTLY),
        ("sw.js", "text/javascript; charset=utf-8", AT_ONCE),
        ("font.woff2", "font/woff2", SHORTLY),
        ("moon.SVG", "image/svg+xml", SHORTLY),
        ("LICENSE", "application/octet-stream", SHORTLY),
        ("site.webmanifest", "application/manifest+json", SHORTLY),
    ],
)
def test_headers_follow_from_the_name(key: str, content_type: str, cache_control: str) -> None:
    (upload,) = plan_site({key: "1"}, {}, "index.html").uploads
    assert (upload.content_type, upload.cache_control) == (content_type, cache_control)


@pytest.fixture
def bucket(client: Callable[[str], Any], account: str) -> str:
    """The bucket and the distribution as Terraform leaves them, with the object that is Terraform's."""
    name = names.site_bucket("shop", "local", "www", account)
    client("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    client("s3").put_object(Bucket=name, Key="homeport.json", Body=b"{}")
    origin = {"Id": "bucket", "DomainName": f"{name}.s3.eu-west-1.amazonaws.com"}
    client("cloudfront").create_distribution(
        DistributionConfig={
            "CallerReference": name,
            "Comment": "",
            "Enabled": True,
            "Origins": {"Quantity": 1, "Items": [origin | {"S3OriginConfig": {"OriginAccessIdentity": ""}}]},
            "DefaultCacheBehavior": {"TargetOriginId": "bucket", "ViewerProtocolPolicy": "redirect-to-https"},
        }
    )
    return name


@pytest.mark.integration
def test_the_bucket_holds_what_the_folder_holds(target: Target, bucket: str) -> None:
    assert deploy_site(target, "www").changed
    s3 = target.client("s3")
    page = s3.get_object(Bucket=bucket, Key="index.html")
    assert (page["Body"].read(), page["ContentType"], page["CacheControl"]) == (
        b"<p>hello",
        "text/html; charset=utf-8",
        AT_ONCE,
    )
    assert not deploy_site(target, "www").changed


@pytest.mark.integration
def test_changes_replace_and_what_is_gone_goes_and_cloudfront_is_told(target: Target, bucket: str) -> None:
    deploy_site(target, "www")
    (target.root / "www/app.3f2a9c1b.js").unlink()
    (target.root / "www/index.html").write_text("<p>good evening")
    deploy_site(target, "www")
    s3, cloudfront = target.client("s3"), target.client("cloudfront")
    keys = {item["Key"] for item in s3.list_objects_v2(Bucket=bucket)["Contents"]}
    assert keys == {"index.html", "homeport.json"}
    distribution = find_distribution(cloudfront, bucket)
    (summary,) = cloudfront.list_invalidations(DistributionId=distribution)["InvalidationList"]["Items"]
    told = cloudfront.get_invalidation(DistributionId=distribution, Id=summary["Id"])["Invalidation"]
    assert told["InvalidationBatch"]["Paths"]["Items"] == ["/", "/app.3f2a9c1b.js", "/index.html"]


@pytest.mark.integration
def test_a_site_without_its_index_or_its_bucket_is_named(target: Target) -> None:
    with pytest.raises(HomeportError, match="NoSuchBucket"):
        deploy_site(target, "www")
    (target.root / "www/index.html").unlink()
    with pytest.raises(HomeportError, match=r"www: .*index.html does not exist"):
        deploy_site(target, "www")
