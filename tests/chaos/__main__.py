"""`python -m tests.chaos` is `make chaos`.

Imports stand below the guard: forked workers run this file too.
"""

if __name__ == "__main__":
    import sys

    from tests.chaos.program import main

    sys.exit(main())
