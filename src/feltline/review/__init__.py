"""The work of people and machine together: what to ask, what it costs, what follows."""

from feltline.review.contact_sheet import Face, clusters, similar_to
from feltline.review.costs import Cost, costs_of
from feltline.review.live import LiveProject
from feltline.review.log_reader import read_log
from feltline.review.queue import Item, Position, Queue, seconds_per_item
from feltline.review.snapshot import Scene
from feltline.review.status import Status, status_of
from feltline.review.track_view import View

__all__ = [
    "Cost",
    "Face",
    "Item",
    "LiveProject",
    "Position",
    "Queue",
    "Scene",
    "Status",
    "View",
    "clusters",
    "costs_of",
    "read_log",
    "seconds_per_item",
    "similar_to",
    "status_of",
]
