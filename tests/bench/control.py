"""Control plane: start, memory, save and load, feed, calls per second, with the state of a platform like MagicBook.

Beside them, as the yardstick, the smallest answer that its HTTP server gives (a request it refuses by itself).
"""

import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from homeport.local import aws
from homeport.local.home import Home

ACCOUNT, REGION, TOKEN = "100000000001", "eu-west-1", "bench"
CALLS = 400
SERVICES, QUEUES, FUNCTIONS = 6, 8, 6


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder))
        home.token.write_text(TOKEN)
        with running(home) as (url, pid, seconds):
            print(f"start, nothing saved      {seconds:8.2f} s   {memory_mb(pid):5.0f} MB")
            build(url)
            print(f"platform built            {feed_size(url):>8} in the feed   {memory_mb(pid):5.0f} MB")
            print_rates(url)
            print(f"after {CALLS * 5} more calls                {memory_mb(pid):14.0f} MB")
            print(f"call → feed (50 ms quiet) {news_ms(url):8.1f} ms median")
            print(f"save at stop              {stopped(pid):8.2f} s")
        size = sum(path.stat().st_size for path in home.state.rglob("*.state"))
        with running(home) as (url, pid, seconds):
            print(f"start, {size / 1e6:4.1f} MB saved      {seconds:8.2f} s   {memory_mb(pid):5.0f} MB")


@contextmanager
def running(home: Home) -> Iterator[tuple[str, int, float]]:
    """URL, process id and seconds until ready."""
    home.control.unlink(missing_ok=True)
    begun = time.monotonic()
    command = [sys.executable, "-m", "homeport.local.control", "--home", str(home.path)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        while not home.control.exists():
            time.sleep(0.005)
        yield json.loads(home.control.read_text())["url"], process.pid, time.monotonic() - begun
        process.terminate()


def build(url: str) -> None:
    """Network, load balancer, services, queues, functions, parameters: about what two stacks make."""
    ec2, ecs, sqs, sns, logs, ssm, iam, elb = (
        client(url, name) for name in ("ec2", "ecs", "sqs", "sns", "logs", "ssm", "iam", "elbv2")
    )
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"{REGION}{zone}")["Subnet"][
            "SubnetId"
        ]
        for n, zone in enumerate("ab")
    ]
    balancer = elb.create_load_balancer(Name="shared", Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
    ecs.create_cluster(clusterName="shop")
    iam.create_role(RoleName="runs", AssumeRolePolicyDocument="{}")
    for n in range(SERVICES):
        group = elb.create_target_group(Name=f"s{n}", Protocol="HTTP", Port=8000, VpcId=vpc, TargetType="ip")
        forward = [{"Type": "forward", "TargetGroupArn": group["TargetGroups"][0]["TargetGroupArn"]}]
        elb.create_listener(LoadBalancerArn=balancer, Protocol="HTTP", Port=10000 + n, DefaultActions=forward)
        ecs.register_task_definition(
            family=f"s{n}", containerDefinitions=[{"name": "web", "image": "x", "memory": 512}]
        )
        ecs.create_service(cluster="shop", serviceName=f"s{n}", taskDefinition=f"s{n}", desiredCount=1)
        logs.create_log_group(logGroupName=f"/ecs/s{n}")
        ssm.put_parameter(Name=f"/homeport/s{n}", Value="x", Type="SecureString")
    for n in range(QUEUES):
        sqs.create_queue(QueueName=f"q{n}")
        sns.create_topic(Name=f"t{n}")
    build_apis(url)


def build_apis(url: str) -> None:
    """An HTTP API with its routes, and functions."""
    gateway, functions = client(url, "apigatewayv2"), client(url, "lambda")
    api = gateway.create_api(Name="api", ProtocolType="HTTP")["ApiId"]
    for n in range(FUNCTIONS):
        functions.create_function(
            FunctionName=f"f{n}",
            Runtime="python3.11",
            Handler="h.h",
            Role=f"arn:aws:iam::{ACCOUNT}:role/runs",
            Code={"ZipFile": b"PK\5\6" + b"\0" * 18},
        )
        gateway.create_route(ApiId=api, RouteKey=f"GET /r{n}")


def print_rates(url: str) -> None:
    sts, s3, sqs = client(url, "sts"), client(url, "s3"), client(url, "sqs")
    s3.create_bucket(Bucket="bench", CreateBucketConfiguration={"LocationConstraint": REGION})
    queue = sqs.create_queue(QueueName="bench")["QueueUrl"]
    plain = httpx.Client(trust_env=False, headers={"Host": "nobody.example"})
    base = rate("HTTP server alone", lambda: plain.get(url), None)
    rate("sts GetCallerIdentity", sts.get_caller_identity, base)
    rate("s3 PutObject 10 kB", lambda: s3.put_object(Bucket="bench", Key="k", Body=b"x" * 10_000), base)
    rate("s3 GetObject 10 kB", lambda: s3.get_object(Bucket="bench", Key="k")["Body"].read(), base)
    rate("sqs SendMessage", lambda: sqs.send_message(QueueUrl=queue, MessageBody="x" * 500), base)
    rate("sqs SendMessage, 8 threads", lambda: sqs.send_message(QueueUrl=queue, MessageBody="x" * 500), base, threads=8)


def rate(name: str, call: Callable[[], Any], base: float | None, threads: int = 1) -> float:
    """Calls per second, printed."""

    def some() -> None:
        for _ in range(CALLS // threads):
            call()

    call()
    begun = time.perf_counter()
    workers = [threading.Thread(target=some) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    per_second = CALLS / (time.perf_counter() - begun)
    print(f"{name:<26}{per_second:8.0f} /s" + (f"   {per_second / base:5.2f} of the server alone" if base else ""))
    return per_second


def news_ms(url: str) -> float:
    """Median time from the answer of a call until a waiting feed tells it."""
    logs, taken = client(url, "logs"), []
    for number in range(15):
        revision = feed(url)["revision"]
        logs.create_log_group(logGroupName=f"news-{number}")
        begun = time.perf_counter()
        feed(url, revision)
        taken.append((time.perf_counter() - begun) * 1000)
    return statistics.median(taken)


def feed(url: str, after: int = 0) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    answer = httpx.get(f"{url}/_homeport/feed?after={after}", headers=headers, timeout=30, trust_env=False)
    document: dict[str, Any] = answer.json()
    return document


def feed_size(url: str) -> int:
    time.sleep(1)
    return len(feed(url)["resources"])


def stopped(pid: int) -> float:
    """Seconds that an orderly stop takes after a change."""
    begun = time.monotonic()
    os.kill(pid, signal.SIGTERM)
    while memory_mb(pid):
        time.sleep(0.005)
    return time.monotonic() - begun


def memory_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024 if "VmRSS:" in status else 0.0


def client(url: str, service: str) -> Any:
    return aws.client(service, url, ACCOUNT, REGION)


if __name__ == "__main__":
    main()
