"""Contracts of import-linter: front doors of packages, and which package may import a library."""

import grimp
from importlinter import Contract, ContractCheck, fields, output


class FrontDoors(Contract):
    """Modules of a root package import other root packages only as a whole.

    Configuration:
        doors: inner modules that are front doors as well.
    """

    type_name = "front_doors"

    doors = fields.SetField(subfield=fields.StringField(), required=False)

    def check(self, graph: grimp.ImportGraph, verbose: bool) -> ContractCheck:
        """Collect every import of an inner module from outside its package."""
        inside = {
            module
            for module in graph.modules
            if "." in module and module not in (self.doors or ()) and not _external(graph, module)
        }
        entered = sorted(
            (importer, module)
            for module in inside
            for importer in graph.find_modules_that_directly_import(module)
            if _root(importer) != _root(module)
        )
        return ContractCheck(kept=not entered, metadata={"entered": entered})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Name every such import."""
        for importer, module in check.metadata["entered"]:
            output.print_error(f"{importer} imports {module}: import {_root(module)} instead")


class Libraries(Contract):
    """A library is imported only by the modules that are named for it.

    Configuration:
        homes: texts "library, … -> module, …"; a module stands for all below it.
    """

    type_name = "libraries"

    homes = fields.ListField(subfield=fields.StringField())

    def check(self, graph: grimp.ImportGraph, verbose: bool) -> ContractCheck:
        """Collect every import of a library from elsewhere."""
        strays = sorted(
            (importer, library)
            for text in self.homes  # type: ignore[attr-defined]
            for library in _names(text.partition("->")[0])
            for importer in _importers(graph, library)
            if not any(
                f"{importer}.".startswith(f"{home}.") for home in _names(text.partition("->")[2])
            )
        )
        return ContractCheck(kept=not strays, metadata={"strays": strays})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Name every such import."""
        for importer, library in check.metadata["strays"]:
            output.print_error(f"{importer} imports {library}, which has a home elsewhere")


def _importers(graph: grimp.ImportGraph, library: str) -> set[str]:
    if library not in graph.modules:
        return set()
    return graph.find_modules_that_directly_import(library)


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",")]


def _external(graph: grimp.ImportGraph, module: str) -> bool:
    return graph.is_module_squashed(module)


def _root(module: str) -> str:
    return module.partition(".")[0]
