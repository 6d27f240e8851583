"""Install value_for_money from this folder, without a network: python install.py

It needs Python of the version and on the platform that the bundle was made for, and nothing else. The
packages go into the folder .venv beside this file; nothing outside the folder is touched.
"""

import hashlib
import json
import os
import platform
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
SUMS = "SHA256SUMS"
AGAIN = "unpack the archive anew, or have it copied again."
ON_WINDOWS = os.name == "nt"


def stop(sentence: str) -> None:
    """End with one sentence."""
    sys.stderr.write(sentence + "\n")
    sys.exit(1)


def here() -> str:
    """What this machine is called in a bundle."""
    system, machine = platform.system(), platform.machine().lower()
    names = {("Windows", "amd64"): "win_amd64", ("Linux", "x86_64"): "linux"}
    return names.get((system, machine), f"{system} {machine}")


def refuse_another_machine(bundle: dict) -> None:
    """Stop where the wheels are of another Python or platform."""
    python = f"{sys.version_info[0]}.{sys.version_info[1]}"
    if python not in bundle["pythons"] or here() not in bundle["platforms"]:
        pythons, platforms = " or ".join(bundle["pythons"]), " or ".join(bundle["platforms"])
        stop(
            f"This bundle is for Python {pythons} on {platforms}, and this is Python {python} on {here()}: "
            "call install.py with another Python, or have a bundle made for this one "
            f"(make bundle PYTHON={python} PLATFORM={here()})."
        )


def refuse_damage() -> None:
    """Stop where a file is not the one that was packed."""
    with open(os.path.join(HERE, SUMS), encoding="utf-8") as lines:
        listed = [line.rstrip("\n").split("  ", 1) for line in lines]
    for expected, name in listed:
        digest = hashlib.sha256()
        try:
            with open(os.path.join(HERE, *name.split("/")), "rb") as stream:
                for part in iter(lambda: stream.read(1 << 20), b""):
                    digest.update(part)
        except OSError:
            stop(f"File {name} of the bundle is missing: {AGAIN}")
        if digest.hexdigest() != expected:
            stop(f"File {name} is not the one that was packed: {AGAIN}")


def run(what: str, *command: str) -> None:
    """Run a step; stop with its words if it fails."""
    sys.stdout.write(what + "\n")
    sys.stdout.flush()
    environment = dict(
        os.environ, PIP_NO_INDEX="1", PIP_DISABLE_PIP_VERSION_CHECK="1", PIP_CONFIG_FILE=os.devnull
    )
    for name in ("PIP_REQUIRE_VIRTUALENV", "PIP_CONSTRAINT", "PYTHONHOME", "PYTHONPATH"):
        environment.pop(name, None)
    done = subprocess.run(
        command, cwd=HERE, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    if done.returncode:
        said = done.stdout.decode("utf-8", "replace").strip()
        stop(f"{what} failed (exit status {done.returncode}). It said:\n{said[-2000:]}")


def main() -> None:
    """Install, and say what comes next."""
    with open(os.path.join(HERE, "bundle.json"), encoding="utf-8") as stream:
        bundle = json.load(stream)
    refuse_another_machine(bundle)
    refuse_damage()
    folder = os.path.join(HERE, ".venv")
    binaries = os.path.join(folder, "Scripts" if ON_WINDOWS else "bin")
    python = os.path.join(binaries, "python.exe" if ON_WINDOWS else "python")
    lock = f"packages-{sys.version_info[0]}.{sys.version_info[1]}-{here()}.txt"
    run("1 of 3: make .venv", sys.executable, "-m", "venv", folder)
    pip = (python, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps")
    wheels = ("--find-links", os.path.join(HERE, "wheels"))
    run("2 of 3: install the packages", *pip, *wheels, "--require-hashes", "-r", os.path.join(HERE, lock))
    run("3 of 3: install the project", *pip, *wheels, "--no-build-isolation", "--editable", HERE)
    command = os.path.join(os.path.relpath(binaries, HERE), "vfm.exe" if ON_WINDOWS else "vfm")
    sys.stdout.write(f"Installed. Next, in this folder: {command} build\n")


if __name__ == "__main__":
    main()
