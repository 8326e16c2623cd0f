"""A case that people send back, jump in, take back and hold up; stored and rebuilt between every two steps."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from app.engine import Advance
from tests.processes.diagrams import Run


class Moving(Run):
    """A `Run` with the operations that change its course."""

    def send_back(self, source: str, target: str) -> Advance:
        """Send the open node `source` back to `target`."""
        return self._step(lambda: self.engine.send_back(self.live, self.at(source).token, target, self.env))

    def jump(self, source: str, target: str) -> Advance:
        """Let the token at `source` go on at `target`."""
        return self._step(lambda: self.engine.jump(self.live, self.at(source).token, target, self.env))

    def withdraw(self, token: str, node: str, data: dict[str, Any] | None = None) -> Advance:
        """Take back the completion of `node` by `token`."""
        tokens = self.engine.outcome(self.live, token)
        return self._step(lambda: self.engine.withdraw(self.live, tokens, node, self.env, data))

    def repair(self, token: str, **data: Any) -> Advance:
        """Change the data of an incident and try again."""
        return self._step(lambda: self.engine.repair(self.live, token, data, self.env))

    def leave_out(self, token: str, **values: Any) -> Advance:
        """Leave out an incident or a service."""
        return self._step(lambda: self.engine.skip(self.live, token, values, self.env))

    def set_due(self, node: str, due: datetime) -> Advance:
        """Move the instant of a waiting timer."""
        return self._step(lambda: self.engine.set_due(self.live, self.at(node).token, due, self.env))

    def postpone(self, hours: float) -> Advance:
        """Let waiting timers run later."""
        return self._step(lambda: self.engine.postpone(self.live, timedelta(hours=hours), self.env))

    def walk(self, *nodes: str) -> None:
        """Complete these nodes in this order."""
        for node in nodes:
            self.complete(node, **{node: True})

    def finish_all(self) -> list[str]:
        """Complete what is open, by name, until the case ends; return their nodes in that order."""
        done = []
        while not self.live.ended:
            assert self.open, "nothing is open and the case has not ended"
            assert len(done) < 100, done
            node = (self.people or self.open)[0]
            done.append(node)
            if self.people:
                self.complete(node, ok=True)
            elif self.at(node).wait == "service":
                self.finish(node)
            else:
                self.tick(24 * 10)
        return done
