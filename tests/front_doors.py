"""A contract of import-linter: what one package needs of another it imports by its front door."""

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
        roots = {module for module in graph.modules if "." not in module}
        inside = {
            module
            for module in graph.modules
            if "." in module
            and module not in (self.doors or ())
            and not graph.is_module_squashed(module)
        }
        entered = sorted(
            (importer, module)
            for module in inside
            for importer in graph.find_modules_that_directly_import(module)
            if _root(importer) != _root(module) and _root(module) in roots
        )
        return ContractCheck(kept=not entered, metadata={"entered": entered})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Name every such import."""
        for importer, module in check.metadata["entered"]:
            output.print_error(f"{importer} imports {module}: import {_root(module)} instead")


def _root(module: str) -> str:
    return module.partition(".")[0]
