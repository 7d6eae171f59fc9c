"""Answers an API's request with its path; keeps a topic's messages in a bucket."""

import json
import os

import boto3


def handler(event, context):
    if "Records" in event:
        body = event["Records"][0]["Sns"]["Message"]
        boto3.client("s3").put_object(Bucket=os.environ["BUCKET"], Key="message", Body=body.encode())
        return None
    return {"statusCode": 200, "body": json.dumps({"path": event["path"], "method": event["httpMethod"]})}
