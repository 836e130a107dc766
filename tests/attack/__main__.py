"""`python -m tests.attack` is `make attack`."""

if __name__ == "__main__":
    import sys

    from .program import main

    sys.exit(main())
