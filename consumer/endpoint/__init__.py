"""AWS's container credentials endpoint, on loopback: what any SDK asks for credentials where it finds its address.

Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html, and the SDKs' own code for
what they make of an answer.
"""

from consumer.endpoint.server import Endpoint

__all__ = ["Endpoint"]
