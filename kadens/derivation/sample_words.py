"""Which payloads the samples of a session come from, in words, for its explanation. Pure.

Only a sample that holds is a part of a figure. One that was stated again belongs to the later
payload, and one that was deleted to none.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from kadens.derivation.derivation import Derivation
from kadens.derivation.evidence_words import payload_words
from model.columns.window import SampleColumn
from model.derived.sessions import SourceSelection
from model.facts import AttributedFact, Joining, SampleBlock, Source
from model.versions.version_order import sample_rank

_STATED_AGAIN = "the others were stated again, or deleted"


def sample_lines(
    derivation: Derivation, metric: str, source: Source, selections: Sequence[SourceSelection]
) -> Iterator[str]:
    """Yield how many samples each payload has that hold, where its source is selected.

    Selections of other sources are passed over.
    """
    spans = [(row.start_ms, row.end_ms) for row in selections if row.source == source]
    columns: dict[str, _Claims] = {}
    for column in derivation.held.columns:
        if (column.metric, column.source) == (metric, source):
            columns[column.record] = _Claims(column)
    stated: Counter[str] = Counter()
    held: Counter[str] = Counter()
    for item, block in _latest_first(derivation, metric, source):
        claims = columns.get("" if block.joining is Joining.STREAM else block.head.record)
        # Half open, as everywhere: a sample at the end belongs to what follows.
        for low, high in np.searchsorted(block.t, np.array(spans)).tolist():
            stated[item.body] += high - low
            if claims is not None:
                held[item.body] += claims.claim(block, slice(low, high))
    for sha256 in derivation.intake.payloads:
        n, stated_samples = held[sha256], stated[sha256]
        if stated_samples:
            samples = f"{n} samples" if n == stated_samples else f"{n} of {stated_samples} samples"
            others = "" if n == stated_samples else f"; {_STATED_AGAIN}"
            yield f"{samples} of {payload_words(derivation, sha256)}{others}"


class _Claims:
    """The samples of a column that hold, each of which one payload may claim."""

    def __init__(self, column: SampleColumn) -> None:
        order = np.argsort(column.t, kind="stable")
        self._t, self._v = column.t[order], column.v[order]
        self._is_claimed = np.zeros(len(column.t), np.bool_)

    def claim(self, block: SampleBlock, some: slice) -> int:
        """Return how many of some samples of a block hold and were not claimed before."""
        places = np.searchsorted(self._t, block.t[some])
        places = np.minimum(places, len(self._t) - 1)
        same = (self._t[places] == block.t[some]) & (self._v[places] == block.v[some])
        fresh = np.unique(places[same & ~self._is_claimed[places]])
        self._is_claimed[fresh] = True
        return len(fresh)


def _latest_first(
    derivation: Derivation, metric: str, source: Source
) -> list[tuple[AttributedFact, SampleBlock]]:
    """Return the blocks of a metric and source, what was stated last ahead."""
    blocks: list[tuple[AttributedFact, SampleBlock]] = []
    for item in derivation.held.reported:
        fact = item.fact
        if isinstance(fact, SampleBlock) and (fact.metric, fact.head.source) == (metric, source):
            blocks.append((item, fact))
    return sorted(blocks, key=lambda row: -sample_rank(row[0].order))
