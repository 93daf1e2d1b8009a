"""Compiled models are kept in the user's cache folder, by fingerprint: opened, made where missing, mended."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

from qa.encoder.cache import cache_folder
from qa.encoder.compiled import CompiledEncoder
from qa.encoder.model_files import ModelFiles, full_name
from qa.encoder.seals import Measured, fault, read_seal, write_seal
from qa.errors import ModelNotCompiled

Notice = Callable[[str], None]


def kept_folder(model: ModelFiles) -> Path:
    """Return where the compiled model is, or will be."""
    return cache_folder() / "compiled" / model.fingerprint


def open_compiled(model: ModelFiles, notice: Notice) -> CompiledEncoder:
    """Return the model's encoder from the cache, compiling it in a child process where it is missing or damaged.

    Raises: ModelNotCompiled.
    """
    found = _open(model, notice)
    return _made(model, notice, again=False) if isinstance(found, str) else found


def compile_again(model: ModelFiles, notice: Notice) -> CompiledEncoder:
    """Compile the model, whatever the cache holds of it. Raises: ModelNotCompiled."""
    return _made(model, notice, again=True)


def _open(model: ModelFiles, notice: Notice) -> CompiledEncoder | str:
    """Return the encoder, or the line that says why the model has to be compiled."""
    folder = kept_folder(model)
    if not folder.is_dir():
        return f"first use of {model.name}: compiling it once, about 20 seconds"
    seal = read_seal(folder)
    why = fault(folder, seal)
    if why is None and seal is not None:
        try:
            return CompiledEncoder(model, folder, seal.measured.characters_per_second, notice)
        except ModelNotCompiled:
            why = "is damaged: model.onnx cannot be opened"
    return f"the compiled {model.name} in the cache {why}; compiling it again, about 20 seconds"


def _made(model: ModelFiles, notice: Notice, *, again: bool) -> CompiledEncoder:
    import tempfile

    from filelock import FileLock

    folder = kept_folder(model)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(str(folder) + ".lock"):
            found = f"compiling {model.name}, about 20 seconds" if again else _open(model, notice)
            if not isinstance(found, str):  # another process made it meanwhile
                return found
            notice(found)
            with tempfile.TemporaryDirectory(dir=folder.parent) as work:
                _put(model, Path(work), _compile_in_child(model, Path(work)))
    except OSError as error:
        raise ModelNotCompiled(
            f"cannot write the compiled model to {folder}: {error.strerror or error}",
            "QA_CACHE=/a/writable/folder qa …",
        ) from error
    opened = _open(model, notice)
    if isinstance(opened, str):
        raise ModelNotCompiled(f"the model {model.name}, just compiled, cannot be used: {opened}", "qa models verify")
    return opened


def _put(model: ModelFiles, work: Path, measured: Measured) -> None:
    import shutil

    folder = kept_folder(model)
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(work, folder)
    write_seal(folder, model.name, model.folder, measured)


def _compile_in_child(model: ModelFiles, out: Path) -> Measured:
    import subprocess

    command = [sys.executable, "-m", "qa.encoder.compiling", str(model.folder), str(out), *(["int8"] * model.fast)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    child = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if child.returncode != 0:
        last = (child.stderr.strip() or child.stdout.strip() or "no output").splitlines()[-1]
        raise ModelNotCompiled(f"compiling the model in {model.folder} failed: {last}", _instead(model))
    return Measured(**json.loads(child.stdout.splitlines()[-1]))


def _instead(model: ModelFiles) -> str:
    return f"qa index PATH... --model {full_name(model.name)}" if model.fast else f"qa models compile {model.name}"
