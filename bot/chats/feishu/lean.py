"""lark_oapi without the sixty services that we do not speak to: a tenth of its modules, seconds and 100 MB less.

The SDK imports the models of every service of Feishu, 10,000 modules, before its first request. Here the packages of
other services are empty while it is imported. If a later version does not take that, it is imported as it is.
"""

from __future__ import annotations
import __future__

import contextlib
import importlib
import sys
from collections.abc import Iterator, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType, ModuleType
from typing import Any

import structlog

log = structlog.get_logger(__name__)

_OURS = {"im"}
_API = "lark_oapi.api."
_HANDLERS = "lark_oapi.event.dispatcher_handler"


def import_sdk() -> Any:
    """The lark_oapi package."""
    with _without_others():
        try:
            return importlib.import_module("lark_oapi")
        except (ImportError, AttributeError, NameError, TypeError) as error:
            log.warning("lark_oapi 精简导入不成，改为完整导入", error=f"{type(error).__name__}: {error}")
    for name in [n for n in sys.modules if n.partition(".")[0] == "lark_oapi"]:
        del sys.modules[name]
    return importlib.import_module("lark_oapi")


@contextlib.contextmanager
def _without_others() -> Iterator[None]:
    finder = _Finder()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


class _Finder(MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname.startswith(_API) and fullname.removeprefix(_API).partition(".")[0] not in _OURS:
            return ModuleSpec(fullname, _Empty(), is_package=True)
        if fullname == _HANDLERS and (found := PathFinder.find_spec(fullname, path)) is not None and found.origin:
            found.loader = _LateAnnotations(fullname, found.origin)
            return found
        return None


class _Empty(Loader):
    """A package from which anything can be imported: a class that does nothing."""

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _EmptyModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        pass


class _EmptyModule(ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Nothing


class _Nothing:
    def __init__(self, *args: object, **kwargs: object) -> None:
        pass


class _LateAnnotations(SourceFileLoader):
    """Its methods name the events of all services as types of their arguments; nobody needs these looked up."""

    def get_code(self, fullname: str) -> CodeType:
        source = self.get_data(self.path)
        flags = __future__.annotations.compiler_flag
        return compile(source, self.path, "exec", flags=flags, dont_inherit=True)  # type: ignore[no-any-return]
