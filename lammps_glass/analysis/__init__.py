"""Physical analysis of snapshots, labels and indicators: functions that return small tables or a few named numbers.

They take one trajectory, or plain arrays; averages over replicas and their intervals are those of `bootstrap` and
`mean_over_replicas`.
"""

from __future__ import annotations

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
