"""Models of the Hugging Face hub: find one in the hub's own cache, or fetch it there. The only part that may connect.

Only configuration, tokenizer and safetensors files are fetched: no code, and no pickle, which is code.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from qa.errors import ModelNotFound

_WANTED = ["*.json", "*.safetensors", "*.txt", "*.model"]
_UNWANTED = ["onnx/*", "openvino/*"]
_WEIGHTS = "model.safetensors"
ENCODER = ("modules.json", "tokenizer.json", _WEIGHTS)
CROSS_ENCODER = ("config.json", "tokenizer.json", _WEIGHTS)
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?")
_ORGANIZATION = "sentence-transformers"
_BY_OPTION = "--offline"


def is_hub_name(name: str) -> bool:
    """Tell whether name can be one of the hub, as "organization/model" or "model", and is no folder here."""
    return bool(_NAME.fullmatch(name)) and not Path(name).is_dir()


def hub_cache() -> Path:
    """Return the folder where the hub's programs keep models."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    home = os.environ.get("HF_HOME") or Path(cache) / "huggingface"
    return Path(os.environ.get("HF_HUB_CACHE") or Path(home) / "hub").expanduser()


def repository(name: str) -> str:
    """Return the hub's full name for a model: names without an organization are sentence-transformers' own."""
    return name if "/" in name else f"{_ORGANIZATION}/{name}"


def cached_snapshot(name: str, needed: Sequence[str] = ENCODER) -> Path | None:
    """Return the folder of a model in the hub's cache, the current revision before others; None for none.

    needed are the files of its kind; a folder that lacks the first is of another.
    """
    folder = hub_cache() / ("models--" + repository(name).replace("/", "--"))
    try:
        current = (folder / "refs" / "main").read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        current = ""
    found = sorted(folder.glob(f"snapshots/*/{needed[0]}"), key=lambda path: (path.parent.name != current, path))
    return found[0].parent if found else None


def cached_names() -> list[str]:
    """Return the sentence-transformers models in the hub's cache."""
    folders = (path.name.removeprefix("models--") for path in hub_cache().glob("models--*--*"))
    names = (folder.replace("--", "/", 1) for folder in folders)
    return sorted(name for name in names if is_hub_name(name) and cached_snapshot(name))


def is_complete(folder: Path | None, needed: Sequence[str] = ENCODER) -> bool:
    """Tell whether a fetched model has all the files that are needed."""
    return folder is not None and all((folder / name).is_file() for name in needed)


def go_offline() -> None:
    """Let this process and its children fetch nothing; the command line's --offline."""
    os.environ["QA_OFFLINE"] = _BY_OPTION


def offline_by() -> list[str]:
    """Return what forbids the network: "--offline", or the names of environment variables."""
    off = ("", "0", "false", "no", "off")
    said = [name for name in ("QA_OFFLINE", "HF_HUB_OFFLINE") if os.environ.get(name, "").lower() not in off]
    return [_BY_OPTION] if os.environ.get("QA_OFFLINE") == _BY_OPTION else said


def fetch(name: str, notice: Callable[[str], None], *, again: bool = False, needed: Sequence[str] = ENCODER) -> Path:
    """Return the folder of a hub model, fetching what of it is not cached; again fetches all of it anew.

    Raises: ModelNotFound where it cannot be fetched, there is none of that name, or it is of another kind.
    """
    held = cached_snapshot(name, needed)
    if held is not None and is_complete(held, needed) and not again:
        return held
    _check_allowed(name)
    # Read when huggingface_hub is imported: no usage data is sent, and bars are drawn for people only.
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    if not sys.stderr.isatty():
        os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"
    endpoint = (os.environ.get("HF_ENDPOINT") or "https://huggingface.co").rstrip("/")
    notice(f"fetching the model {repository(name)} from {endpoint} into {hub_cache()}")
    folder = _download(name, endpoint, again)
    _check_kind(name, folder, needed)
    return folder


def _check_allowed(name: str) -> None:
    forbidden = offline_by()
    if not forbidden:
        return
    allowing = "".join(f"{variable}=0 " for variable in forbidden if variable != _BY_OPTION)
    raise ModelNotFound(
        f"the model {repository(name)} is not on this machine, and {' and '.join(forbidden)} "
        f"{'forbids' if len(forbidden) == 1 else 'forbid'} fetching it",
        f"{allowing}qa models pull {name}",
    )


def _download(name: str, endpoint: str, again: bool) -> Path:
    from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, HFValidationError, RepositoryNotFoundError

    # The hub's own error is a child of that of its HTTP library, which is another one in other versions.
    broken: tuple[type[BaseException], ...] = (OSError, *HfHubHTTPError.__bases__)
    try:
        return _download_weights_last(name, endpoint, again)
    except (GatedRepoError, RepositoryNotFoundError, HFValidationError) as error:
        raise ModelNotFound(
            f"{endpoint} has no model {repository(name)} that is open to everyone", "qa models list"
        ) from error
    except broken as error:
        said = str(error).strip().splitlines() or [type(error).__name__]
        raise ModelNotFound(
            f"the model {repository(name)} could not be fetched from {endpoint}: {said[0]}", f"qa models pull {name}"
        ) from error


def _download_weights_last(name: str, endpoint: str, again: bool) -> Path:
    """Fetch, so that a model whose weights are there is whole, wherever an earlier attempt was ended."""
    from huggingface_hub import snapshot_download

    fetch_some = partial(
        snapshot_download, repository(name), cache_dir=hub_cache(), endpoint=endpoint, force_download=again
    )
    folder = Path(fetch_some(allow_patterns=_WANTED, ignore_patterns=[*_UNWANTED, _WEIGHTS]))
    return Path(fetch_some(revision=folder.name, allow_patterns=[_WEIGHTS]))


def _check_kind(name: str, folder: Path, needed: Sequence[str]) -> None:
    missing = [file for file in needed if not (folder / file).is_file()]
    if missing:
        raise ModelNotFound(
            f"{repository(name)} is no sentence-transformers model that can be used: it has no {missing[0]}",
            "qa models list",
        )
