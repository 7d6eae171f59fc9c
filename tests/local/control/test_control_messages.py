"""Messages: queues, topics, events, deliveries and invocations, as AWS's own client sees them."""

import base64
import http.server
import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .conftest import ACCOUNT, REGION, TOKEN, make_function

pytestmark = pytest.mark.integration


def queue(account: Any, name: str, **attributes: str) -> tuple[str, str]:
    """URL and ARN of a new queue."""
    url = account.client("sqs").create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    return url, f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"


def bodies(account: Any, url: str, wait: int = 0) -> list[str]:
    found = account.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=wait)
    return [message["Body"] for message in found.get("Messages", [])]


def test_a_long_poll_is_answered_when_a_message_comes(account: Any) -> None:
    url, _ = queue(account, "long-poll")
    threading.Timer(0.6, lambda: account.client("sqs").send_message(QueueUrl=url, MessageBody="now")).start()
    start = time.monotonic()
    assert bodies(account, url, wait=20) == ["now"]
    assert 0.3 < time.monotonic() - start < 8
    start = time.monotonic()
    assert bodies(account, url, wait=1) == []
    assert time.monotonic() - start >= 0.95


def test_waiting_receivers_do_not_hold_up_other_calls(account: Any) -> None:
    url, _ = queue(account, "busy")
    sqs = account.client("sqs")
    with ThreadPoolExecutor(20) as pool:
        waiting = [pool.submit(sqs.receive_message, QueueUrl=url, WaitTimeSeconds=20) for _ in range(20)]
        while not all(one.running() for one in waiting):
            time.sleep(0.01)
        account.client("sts").get_caller_identity()
        assert not any(one.done() for one in waiting), "it was answered while all of them waited"
        for n in range(20):
            sqs.send_message(QueueUrl=url, MessageBody=str(n))
        received = [message["Body"] for one in waiting for message in one.result().get("Messages", [])]
    assert sorted(received, key=int) == [str(n) for n in range(20)]


def test_no_message_is_received_twice_at_once(account: Any) -> None:
    url, _ = queue(account, "shared-work", VisibilityTimeout="60")
    sqs = account.client("sqs")
    for start in range(0, 100, 10):
        entries = [{"Id": str(n), "MessageBody": str(n)} for n in range(start, start + 10)]
        sqs.send_message_batch(QueueUrl=url, Entries=entries)
    received: list[str] = []
    receivers = [threading.Thread(target=drain, args=(account, url, received)) for _ in range(4)]
    for thread in receivers:
        thread.start()
    for thread in receivers:
        thread.join()
    assert sorted(received, key=int) == [str(n) for n in range(100)]


def drain(account: Any, url: str, received: list[str]) -> None:
    while found := bodies(account, url):
        received += found


def test_an_unfinished_message_comes_back_and_then_goes_to_the_dead_letter_queue(account: Any) -> None:
    dead, dead_arn = queue(account, "dead")
    redrive = json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 2})
    url, _ = queue(account, "failing", VisibilityTimeout="1", RedrivePolicy=redrive)
    sqs = account.client("sqs")
    sqs.send_message(QueueUrl=url, MessageBody="poison")
    for count in ("1", "2"):
        found = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=3, AttributeNames=["ApproximateReceiveCount"])
        assert found["Messages"][0]["Attributes"]["ApproximateReceiveCount"] == count
    assert bodies(account, url, wait=2) == []
    assert bodies(account, dead, wait=2) == ["poison"]


def test_a_fifo_queue_keeps_order_in_a_group_and_drops_duplicates(account: Any) -> None:
    url, _ = queue(account, "ordered.fifo", FifoQueue="true")
    sqs = account.client("sqs")
    for group, body, identifier in (("a", "1", "x"), ("a", "2", "y"), ("b", "3", "z"), ("a", "1", "x")):
        sqs.send_message(QueueUrl=url, MessageBody=body, MessageGroupId=group, MessageDeduplicationId=identifier)
    first = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=1)["Messages"][0]
    assert first["Body"] == "1"
    assert bodies(account, url) == ["3"]  # group a is in flight
    sqs.delete_message(QueueUrl=url, ReceiptHandle=first["ReceiptHandle"])
    assert bodies(account, url) == ["2"]


def test_odd_receipts_and_delays(account: Any) -> None:
    url, _ = queue(account, "receipts")
    sqs = account.client("sqs")
    with pytest.raises(ClientError, match="ReceiptHandleIsInvalid"):
        sqs.delete_message(QueueUrl=url, ReceiptHandle="rubbish")
    sqs.send_message(QueueUrl=url, MessageBody="later", DelaySeconds=3)
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert attributes["ApproximateNumberOfMessagesDelayed"] == "1"
    assert bodies(account, url) == []
    message = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5)["Messages"][0]
    for _ in range(2):  # deleting twice is fine
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    with pytest.raises(ClientError, match="InvalidParameterValue"):
        sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=5)
    with pytest.raises(ClientError, match="PurgeQueueInProgress"):
        for _ in range(2):
            sqs.purge_queue(QueueUrl=url)


@pytest.mark.parametrize("raw", ["true", "false"])
def test_a_topic_reaches_its_queues_filtered_and_raw_or_not(account: Any, raw: str) -> None:
    sns, (url, arn) = account.client("sns"), queue(account, f"fan-{raw}")
    topic = sns.create_topic(Name=f"fan-{raw}")["TopicArn"]
    attributes = {"RawMessageDelivery": raw, "FilterPolicy": json.dumps({"kind": ["book"]})}
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=attributes)
    for kind in ("book", "other"):
        value = {"kind": {"DataType": "String", "StringValue": kind}}
        sns.publish(TopicArn=topic, Message=f"a {kind}", MessageAttributes=value)
    sqs = account.client("sqs")
    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"])["Messages"]
    assert len(messages) == 1
    if raw == "true":
        assert messages[0]["Body"] == "a book"
        assert messages[0]["MessageAttributes"]["kind"]["StringValue"] == "book"
    else:
        envelope = json.loads(messages[0]["Body"])
        assert (envelope["Type"], envelope["Message"], envelope["TopicArn"]) == ("Notification", "a book", topic)


def test_a_topic_reaches_functions_and_addresses_through_deliveries(own_account: Any) -> None:
    function = make_function(own_account, "listener")
    sns = own_account.client("sns")
    topic = sns.create_topic(Name="both")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=f"{function}:live")
    sns.subscribe(TopicArn=topic, Protocol="https", Endpoint="https://example.com/hook")
    sns.publish(TopicArn=topic, Message="hello", Subject="greeting")
    offered = own_account.request("GET", "deliveries?wait=5").json()
    by_kind = {(d["kind"], d["headers"].get("x-amz-sns-message-type")): d for d in offered}
    event = json.loads(base64.b64decode(by_kind["lambda", None]["payload"]))
    assert by_kind["lambda", None]["target"] == f"{function}:live"
    assert (event["Records"][0]["Sns"]["Message"], event["Records"][0]["Sns"]["Subject"]) == ("hello", "greeting")
    post = by_kind["http", "Notification"]
    assert (post["target"], json.loads(base64.b64decode(post["payload"]))["Message"]) == (
        "https://example.com/hook",
        "hello",
    )
    assert "SubscribeURL" in json.loads(base64.b64decode(by_kind["http", "SubscriptionConfirmation"]["payload"]))
    assert own_account.request("GET", "deliveries?wait=0").json() == []  # leased


def test_a_failed_delivery_is_retried_and_then_goes_to_the_destination_for_failures(own_account: Any) -> None:
    make_function(own_account, "fails")
    url, arn = queue(own_account, "failures")
    client = own_account.client("lambda")
    client.put_function_event_invoke_config(
        FunctionName="fails", MaximumRetryAttempts=0, DestinationConfig={"OnFailure": {"Destination": arn}}
    )
    client.invoke(FunctionName="fails", InvocationType="Event", Payload=b'{"poison": true}')
    offered = own_account.request("GET", "deliveries?wait=5").json()
    answer = own_account.request("POST", f"deliveries/{offered[0]['id']}", json={"outcome": "retry", "reason": "threw"})
    assert answer.status_code == 204
    assert json.loads(bodies(own_account, url, wait=2)[0]) == {"poison": True}
    assert own_account.request("POST", f"deliveries/{offered[0]['id']}", json={"outcome": "done"}).status_code == 404
    assert own_account.request("POST", "deliveries/x", json={"outcome": "rubbish"}).status_code == 400


def test_a_rule_reaches_every_kind_of_target(own_account: Any) -> None:
    function, (url, arn) = make_function(own_account, "ruled"), queue(own_account, "ruled")
    events = own_account.client("events")
    events.put_rule(Name="orders", EventPattern=json.dumps({"source": ["shop"]}))
    events.put_rule(Name="nightly", ScheduleExpression="rate(1 day)")
    targets = [{"Id": "f", "Arn": function}, {"Id": "q", "Arn": arn, "InputPath": "$.detail"}]
    events.put_targets(Rule="orders", Targets=targets)
    events.put_targets(Rule="nightly", Targets=[{"Id": "q", "Arn": arn, "Input": "not by events"}])
    entry = {"Source": "shop", "DetailType": "order", "Detail": json.dumps({"id": 7})}
    assert events.put_events(Entries=[entry, entry | {"Source": "elsewhere"}])["FailedEntryCount"] == 0
    assert [json.loads(body) for body in bodies(own_account, url)] == [{"id": 7}]
    offered = own_account.request("GET", "deliveries?wait=5").json()
    assert [json.loads(base64.b64decode(d["payload"]))["detail"] for d in offered] == [{"id": 7}]


@pytest.fixture
def data_plane(own_account: Any) -> Iterator[list[dict[str, Any]]]:
    """A server in the data plane's place that answers invocations; what it was asked."""
    asked: list[dict[str, Any]] = []

    class Invoke(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.headers["Authorization"] == f"Bearer {TOKEN}"
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append(request)
            error = "Unhandled" if base64.b64decode(request["payload"]) == b'"throw"' else None
            answer = {
                "statusCode": 429 if base64.b64decode(request["payload"]) == b'"many"' else 200,
                "functionError": error,
                "executedVersion": "3",
                "payload": request["payload"],
                "logResult": base64.b64encode(b"END").decode() if request["logTail"] else None,
            }
            body = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Invoke)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    own_account.home.data.write_text(json.dumps({"url": f"http://127.0.0.1:{server.server_port}", "pid": 1}))
    yield asked
    server.shutdown()
    server.server_close()


def test_an_invocation_is_the_data_planes(own_account: Any, data_plane: list[dict[str, Any]]) -> None:
    arn = make_function(own_account, "real")
    client = own_account.client("lambda")
    version = client.publish_version(FunctionName="real")["Version"]
    client.create_alias(FunctionName="real", Name="live", FunctionVersion=version)
    answer = client.invoke(FunctionName="real", Qualifier="live", Payload=b'{"a": 1}', LogType="Tail")
    assert json.loads(answer["Payload"].read()) == {"a": 1}
    assert (answer["ExecutedVersion"], base64.b64decode(answer["LogResult"])) == ("3", b"END")
    assert (data_plane[0]["functionArn"], data_plane[0]["qualifier"]) == (arn, "live")
    thrown = client.invoke(FunctionName="real", Payload=b'"throw"')
    assert (thrown["StatusCode"], thrown["FunctionError"]) == (200, "Unhandled")


def test_an_invocation_without_a_data_plane_says_so(own_account: Any) -> None:
    make_function(own_account, "nowhere")
    with pytest.raises(ClientError, match="The data plane, which runs functions, does not answer"):
        own_account.client("lambda").invoke(FunctionName="nowhere", Payload=b"{}")
