"""How a sender proves itself: proofs, the schemes of signatures, and their check over raw bytes.

Nothing here appends, answers or reads a payload.
"""
