"""The processes of a browser, found by the profile that only they work on, and ended for certain.

A profile carries the number of the run that made it: what a killed run leaves behind is ended by
the next one, and the browser of a run that lives is left alone.
"""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

import psutil

_PROFILE = "investiq-browser-"


def new_profile() -> str:
    """An empty folder for one browser of this process."""
    return tempfile.mkdtemp(prefix=f"{_PROFILE}{os.getpid()}-")


def clear_after_the_dead() -> None:
    """End the browsers of runs that were killed: their profile names a process that is gone."""
    for profile in Path(tempfile.gettempdir()).glob(f"{_PROFILE}*-*"):
        owner = profile.name.removeprefix(_PROFILE).partition("-")[0]
        if owner.isdecimal() and not psutil.pid_exists(int(owner)):
            end(str(profile))


def end(profile: str, driver_id: int | None = None) -> None:
    """Kill all that works on a profile, and remove it."""
    family = _family(profile, driver_id)
    for one in family:
        with contextlib.suppress(psutil.Error):
            one.kill()
    psutil.wait_procs(family, timeout=5)
    shutil.rmtree(profile, ignore_errors=True)


def _family(profile: str, driver_id: int | None) -> list[psutil.Process]:
    """The driver, its children, and what is left of a browser whose driver has died."""
    found = {
        one.pid: one
        for one in psutil.process_iter()
        if f"--user-data-dir={profile}" in _arguments(one)
    }
    with contextlib.suppress(psutil.NoSuchProcess):
        drivers = [psutil.Process(driver_id)] if driver_id else _drivers_of(found.values())
        for driver in drivers:
            found |= {one.pid: one for one in (driver, *driver.children(recursive=True))}
    return list(found.values())


def _drivers_of(browsers: Iterable[psutil.Process]) -> list[psutil.Process]:
    above = [browser.parent() for browser in browsers]
    return [one for one in above if one and one.name() == "chromedriver"]


def _arguments(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []
