"""A local stand-in for Kaggle: a loopback server with the protocol of the official client.

    with standin.Server(standin.Site("my-contest", data=folder, score=score)) as server:
        with standin.connect(server) as client:
            client.submit("submission.csv", "first try", "my-contest")

Downloads, submissions and scores work without a network, and every fault can be simulated.
"""

from kagglegate.standin.connection import connect, environment
from kagglegate.standin.faults import Fault
from kagglegate.standin.scoring import Score, scorer, split_ids
from kagglegate.standin.server import Server
from kagglegate.standin.site import Posted, Site

__all__ = [
    "Fault",
    "Posted",
    "Score",
    "Server",
    "Site",
    "connect",
    "environment",
    "scorer",
    "split_ids",
]
