"""Ask for known vulnerabilities of the locked packages; say so when nobody could be asked.

A vulnerability fails; an index that gives no vulnerability data (a mirror, or no network) is
reported, because "not looked at" must not read like "nothing found".
"""

import json
import subprocess
import sys

LOCK = "requirements-test.txt"


def main() -> int:
    """Run pip-audit on the lock file; 1 when a locked package is known to be vulnerable."""
    command = [sys.executable, "-m", "pip_audit", "--requirement", LOCK, "--disable-pip"]
    options = ["--require-hashes", "--format", "json", "--progress-spinner", "off"]
    asked = subprocess.run(
        [*command, *options, "--timeout", "5"], capture_output=True, text=True, check=False
    )
    try:
        packages = json.loads(asked.stdout)["dependencies"]
    except (json.JSONDecodeError, KeyError):
        tail = asked.stderr.strip().splitlines()[-1:] or ["no answer"]
        print(f"pip-audit: NOT LOOKED AT, the service did not answer ({tail[0][:120]})")
        return 0
    looked_at = [item for item in packages if "skip_reason" not in item]
    found = [item for item in looked_at if item.get("vulns")]
    for item in found:
        names = ", ".join(vuln["id"] for vuln in item["vulns"])
        print(f"pip-audit: {item['name']} {item['version']} has {names}; raise it and `make lock`")
    unseen = len(packages) - len(looked_at)
    if unseen:
        print(f"pip-audit: NOT LOOKED AT, the index has no data on {unseen} of {len(packages)}")
    if looked_at and not found:
        print(f"pip-audit: nothing known against {len(looked_at)} packages")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
