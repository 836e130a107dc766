"""Runs commands as their user does, and checks how they end."""

from typer.testing import CliRunner, Result

from kadens.cli import app


def kadens(*words: str, code: int = 0) -> Result:
    """Run a command that must end with a code, and without a traceback."""
    done = CliRunner().invoke(app, list(words))
    assert done.exit_code == code, (words, done.output)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def refused(*words: str) -> str:
    """Run a command that the store refuses; return its sentence."""
    done = kadens(*words, code=1)
    assert not done.stdout
    return " ".join(done.stderr.split())
