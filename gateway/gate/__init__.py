"""The gate: is this mail really encrypted, and nothing else? Decided from bytes, without a key."""

from gateway.gate.headers import Headers
from gateway.gate.refusal import GateRefusedError
from gateway.gate.sealed import scan_inner
from gateway.gate.verdict import Accepted, Refused, Shape, judge, judge_message

__all__ = [
    "Accepted",
    "GateRefusedError",
    "Headers",
    "Refused",
    "Shape",
    "judge",
    "judge_message",
    "scan_inner",
]
