import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until, untilExited, World } from './support/world.ts';

const HOUR_MS = 3_600_000;

for (const { rule, byMs } of [
  { rule: 'a clock that is put forward takes nothing of a grace', byMs: HOUR_MS },
  { rule: 'a clock that is put back makes a grace no longer', byMs: -HOUR_MS },
]) {
  test(rule, { timeout: 60_000 }, async (t) => {
    const world = new World(t);
    const supervisor = await world.open();
    const ends = byMs > 0 ? 'sleep 0.3; echo done >worker; exit 0' : 'true';
    const script = `trap "${ends}" TERM; echo up >state; while :; do sleep 0.01; done`;
    await supervisor.start(world.spec('slow', script));
    await until(() => world.read('state') === 'up\n', 'it is up');
    const stopped = supervisor.stop('slow', { graceMs: byMs > 0 ? 30_000 : 300 });
    await until(() => supervisor.observe().get('slow')?.kind === 'stopping', 'it is told');
    const { now } = Date;
    t.mock.method(Date, 'now', () => now() + byMs);
    await stopped;
    assert.equal(world.read('worker'), byMs > 0 ? 'done\n' : '');
    assert.equal(await untilExited(supervisor, 'slow'), byMs > 0 ? 'exit 0' : 'SIGKILL');
  });
}
