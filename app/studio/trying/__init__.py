"""A process played outside any case: on the engine's port and the forms alone, with a clock of its own. Pure."""

from app.studio.trying.machine import Machine, assemble
from app.studio.trying.play import Play, Step
from app.studio.trying.replaying import Result, outcome_of, play_all, replay

__all__ = ["Machine", "Play", "Result", "Step", "assemble", "outcome_of", "play_all", "replay"]
