import io
import json
import uuid
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.integration
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


@pytest.fixture
def lambda_(client: Callable[[str], Any]) -> Any:
    return client("lambda")


@pytest.fixture
def create(client: Callable[[str], Any], lambda_: Any) -> Callable[..., str]:
    name = f"f-{uuid.uuid4()}"
    role = client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("main.py", "def handler(event, context): return event")

    def create_function(**given: Any) -> str:
        lambda_.create_function(
            FunctionName=name,
            Role=role,
            Runtime="python3.11",
            Handler="main.handler",
            Code={"ZipFile": code.getvalue()},
            **given,
        )
        return name

    return create_function


def test_a_function_says_where_it_logs(lambda_: Any, create: Callable[..., str]) -> None:
    name = create(LoggingConfig={"LogFormat": "Text", "LogGroup": "/own/group"})
    found = lambda_.get_function_configuration(FunctionName=name)["LoggingConfig"]
    assert found == {"LogFormat": "Text", "LogGroup": "/own/group"}


def test_where_a_function_logs_is_completed_as_on_aws(lambda_: Any, create: Callable[..., str]) -> None:
    name = create()
    assert lambda_.get_function_configuration(FunctionName=name)["LoggingConfig"] == {
        "LogFormat": "Text",
        "LogGroup": f"/aws/lambda/{name}",
    }
    lambda_.update_function_configuration(FunctionName=name, LoggingConfig={"LogFormat": "JSON"})
    found = lambda_.get_function_configuration(FunctionName=name)["LoggingConfig"]
    assert (found["ApplicationLogLevel"], found["SystemLogLevel"]) == ("INFO", "INFO")


def test_what_upstream_drops_of_an_update_is_kept(lambda_: Any, create: Callable[..., str]) -> None:
    name, queue = create(), "arn:aws:sqs:eu-west-1:100000000001:dead"
    lambda_.update_function_configuration(
        FunctionName=name,
        EphemeralStorage={"Size": 1024},
        DeadLetterConfig={"TargetArn": queue},
        TracingConfig={"Mode": "Active"},
    )
    found = lambda_.get_function_configuration(FunctionName=name)
    assert found["EphemeralStorage"] == {"Size": 1024}
    assert found["DeadLetterConfig"] == {"TargetArn": queue}
    assert found["TracingConfig"] == {"Mode": "Active"}


def test_each_alias_has_its_own_event_invoke_config(lambda_: Any, create: Callable[..., str]) -> None:
    name = create(Publish=True)
    lambda_.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    live = {"FunctionName": name, "Qualifier": "live"}
    lambda_.put_function_event_invoke_config(**live, MaximumRetryAttempts=1, MaximumEventAgeInSeconds=60)
    lambda_.update_function_event_invoke_config(**live, MaximumRetryAttempts=2)
    found = lambda_.get_function_event_invoke_config(**live)
    assert (found["MaximumRetryAttempts"], found["MaximumEventAgeInSeconds"]) == (2, 60)
    assert found["FunctionArn"].endswith(":live")
    with pytest.raises(lambda_.exceptions.ResourceNotFoundException):
        lambda_.get_function_event_invoke_config(FunctionName=name)
    lambda_.delete_function_event_invoke_config(**live)
    with pytest.raises(lambda_.exceptions.ResourceNotFoundException):
        lambda_.get_function_event_invoke_config(**live)


def test_new_code_may_be_for_another_architecture(lambda_: Any, create: Callable[..., str]) -> None:
    name, code = create(Architectures=["x86_64"]), io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("main.py", "def handler(event, context): return 2")
    lambda_.update_function_code(FunctionName=name, ZipFile=code.getvalue(), Architectures=["arm64"])
    assert lambda_.get_function_configuration(FunctionName=name)["Architectures"] == ["arm64"]
    lambda_.update_function_code(FunctionName=name, ZipFile=code.getvalue())
    assert lambda_.get_function_configuration(FunctionName=name)["Architectures"] == ["arm64"]
