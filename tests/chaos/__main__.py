"""`python -m tests.chaos` is `make chaos`.

The imports are below the guard, because forked workers run this file too.
"""

if __name__ == "__main__":
    import sys

    from tests.chaos.program import main

    sys.exit(main())
