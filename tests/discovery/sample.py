"""Clients that answer from a script: botocore's Stubber behind an account."""

from __future__ import annotations

import boto3
from botocore.stub import Stubber


class Scripted:
    """An account whose clients give scripted answers, and check that all were asked for."""

    def __init__(self):
        self.stubs = {}
        self.clients = {}

    def expect(self, service, operation, answer, wanted=None):
        """Answer the next call; the parameters wanted are checked where they are given."""
        self._stub(service).add_response(operation, answer, wanted)

    def refuse(self, service, operation, code="AccessDenied", message="no"):
        """Refuse the next call."""
        self._stub(service).add_client_error(operation, code, message)

    def client(self, service):
        self._stub(service)
        return self.clients[service]

    def assert_all_asked(self):
        for stub in self.stubs.values():
            stub.assert_no_pending_responses()

    def _stub(self, service):
        if service not in self.stubs:
            self.clients[service] = boto3.client(service, region_name="us-east-1")
            self.stubs[service] = Stubber(self.clients[service])
            self.stubs[service].activate()
        return self.stubs[service]
