"""Physics of snapshots, labels and indicators: every function gives a small table or a few named numbers.

Averages over replicas and their intervals are made in one place (`bootstrap`, `mean_over_replicas`); everything else
works on one trajectory, or on plain arrays.
"""

from __future__ import annotations

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
