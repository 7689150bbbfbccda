"""Which parts of an encoder stay as they are."""

from torch import nn

from segmenters._errors import UnknownStage

WHOLE = 5
"""Number of stages that means the whole encoder, however many timm counts."""


def freeze_stages(model: nn.Module, stages: int) -> list[nn.Module]:
    """Stop the gradients of the first `stages` stages, let those of all others flow.

    Args:
        model: a timm feature extractor.
        stages: as timm counts them; `WHOLE` is everything.

    Returns:
        The modules that must infer while the others train: batch statistics and drop path of
        what is frozen stand still as well.

    Raises:
        UnknownStage: timm counts fewer stages, or names one that is no module. Nothing has
            changed then.
    """
    frozen = _first_modules(model, stages)
    model.requires_grad_(True)
    for module in frozen:
        for parameter in module.parameters(recurse=False):
            parameter.requires_grad_(False)
            parameter.grad = None  # an optimiser would go on with it
    return [m for m in frozen if not any(p.requires_grad for p in m.parameters())]


def _first_modules(model: nn.Module, stages: int) -> list[nn.Module]:
    """Return all modules up to the end of the last of `stages` stages, in order of definition.

    A stage may be a module without parameters, as the activation after a ResNet's stem: the
    parameters before it are the stage's nevertheless.
    """
    if not stages:
        return []
    if stages == WHOLE:
        return list(model.modules())
    known: list[str] = model.feature_info.module_name()  # type: ignore[union-attr, operator]
    modules = list(model.named_modules())
    last = known[stages - 1] if 0 < stages <= len(known) else None
    ends = [i for i, (name, _) in enumerate(modules) if last and _inside(name, last)]
    if not ends:
        raise UnknownStage(
            f"the encoder has no stage {stages} that could be frozen, its stages are "
            f"{', '.join(known)}: choose another frozen_stages, {WHOLE} is the whole encoder"
        )
    return [module for _, module in modules[: ends[-1] + 1]]


def _inside(name: str, module: str) -> bool:
    return f"{name}_".replace(".", "_").startswith(module.replace(".", "_") + "_")
