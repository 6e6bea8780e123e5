"""`investiq sandbox …`: parts of the sandbox that serve other processes until interrupted."""

import os
import shlex
import signal
import threading
from contextlib import ExitStack

import typer

from ingestion.errors import ConfigurationError
from ingestion.settings import Settings, load_settings
from investiq.console import err
from investiq.context import places, prepare_standin

sandbox_app = typer.Typer(
    help="Serve a part of the sandbox until Ctrl-C.", no_args_is_help=True, rich_markup_mode=None
)


def serve_redshift(settings: Settings) -> None:
    """Run the Redshift stand-in of this home with its S3; the variables for others go to stdout.

    Raises:
        ConfigurationError: one of them cannot be started; the message names the next step.
    """
    from sandbox.redshift import RedshiftDidNotStart, embedded_redshift
    from sandbox.s3 import S3DidNotStart, embedded_s3

    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    home = places(settings)
    run_dir = home.home / "run"
    with ExitStack() as opened:
        try:
            s3 = opened.enter_context(embedded_s3(home.objects, run_dir))
            server = embedded_redshift(home.redshift, run_dir, s3)
            redshift = opened.enter_context(server)
        except (S3DidNotStart, RedshiftDidNotStart) as problem:
            raise ConfigurationError(str(problem)) from None
        variables = {"INVESTIQ_HOME": str(home.home), **s3.environment, **redshift.environment}
        os.environ.update(variables)  # of this process, which does nothing else
        prepare_standin(load_settings(), redshift.admin_user)
        for name, value in variables.items():
            typer.echo(f"export {name}={shlex.quote(value)}")
        err.print(
            "the Redshift stand-in serves until Ctrl-C; set these variables in another shell "
            f"(administrator: {redshift.admin_user}, its password is in "
            f"{home.redshift / 'credentials.json'})",
            markup=False,
            soft_wrap=True,
        )
        ended.wait()
