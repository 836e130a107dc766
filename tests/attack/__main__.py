"""`python -m tests.attack` is `make attack`."""

if __name__ == "__main__":
    import sys

    from tests.attack.program import main

    sys.exit(main())
