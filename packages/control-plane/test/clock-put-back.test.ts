import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { apply } from '../src/apply.ts';
import { createPast } from '../src/past.ts';
import { VirtualClock } from '../src/testing/index.ts';
import { type World, world } from './world.ts';

const HOUR_MS = 3_600_000;

function files(command: string, rollout: string) {
  return {
    'islet.yaml': 'system: one\ngateway: { port: 28085 }\n',
    'services/web/service.yaml': `run: { command: ${command} }\nrollout: { analysis: off, ${rollout} }\n`,
  };
}

async function ask(w: World): Promise<void> {
  await apply({ environment: undefined, path: '/usr/bin', mode: 'revisions', changed: [] }, w.system.applying);
  w.system.reconciler.poke();
}

describe('a clock that is put back by an hour', () => {
  for (const rollout of [
    'minHealthy: 1s, bake: 0s',
    'strategy: canary, steps: [50%], hold: 1s, minHealthy: 0s, bake: 0s',
    'strategy: blue-green, hold: 1s, minHealthy: 0s, bake: 0s',
  ]) {
    it(`keeps no rollout from its end: ${rollout}`, async (t) => {
      const w = world(t, files('serve', rollout));
      await w.up();
      w.write(files('serve again', rollout));
      await ask(w);
      await w.until(({ services: [web] }) => web?.instanceList.filter(({ state }) => state === 'ready').length === 2);
      w.offsetMs = -HOUR_MS;
      w.system.reconciler.poke();
      const { services } = await w.settled();
      assert.deepEqual([services[0]?.state, services[0]?.revision], ['ready', services[0]?.wanted]);
    });
  }

  it('puts off no deadline: what never gets ready is given up', async (t) => {
    const rollout = 'healthyDeadline: 2s, minHealthy: 0s, bake: 0s';
    const w = world(t, files('serve', rollout));
    await w.up();
    w.write(files('serve again', rollout));
    w.sick.add('web');
    await ask(w);
    await w.until(() => Object.keys(w.pids()).length === 2);
    w.offsetMs = -HOUR_MS;
    w.system.reconciler.poke();
    const { services } = await w.until(({ services: [web] }) => web?.failure !== undefined);
    assert.match(services[0]?.failure?.reason ?? '', /was not ready within 2 s/);
  });

  it('keeps nothing warm for an hour more: a bake ends', async (t) => {
    const rollout = 'minHealthy: 0s, bake: 2s';
    const w = world(t, files('serve', rollout));
    await w.up();
    w.write(files('serve again', rollout));
    await w.up();
    assert.equal(Object.keys(w.pids()).length, 2, 'the old one is warm');
    w.offsetMs = -HOUR_MS;
    w.system.reconciler.poke();
    await w.until(() => Object.keys(w.pids()).length === 1);
  });
});

describe('what lies in the future, since the clock was put back', () => {
  it('is over after what was meant, and after twice that at most wherever the clock is put', async () => {
    const WAIT_MS = 60_000;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: -86_400_000, max: 0 }), { maxLength: 1 }),
        fc.integer({ min: 0, max: 50_000 }),
        async ([jumpMs = 0], afterMs) => {
          const clock = new VirtualClock();
          const pastOf = createPast();
          const [from, since] = [clock.elapsed(), clock.now()];
          const isOver = () => clock.now() >= pastOf(clock.now())('it', since) + WAIT_MS;
          await clock.pass(afterMs);
          clock.jump(jumpMs);
          while (!isOver()) await clock.pass(500);
          const waitedMs = clock.elapsed() - from;
          assert.ok(waitedMs >= WAIT_MS && waitedMs <= 2 * WAIT_MS, `${waitedMs} ms`);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('is told apart by what it is, and taken as it is once it has passed', () => {
    const pastOf = createPast();
    const first = pastOf(1_000);
    assert.deepEqual([first('a', 500), first('b', 5_000)], [500, 1_000]);
    const second = pastOf(2_000);
    assert.deepEqual([second('b', 5_000), second('c', 5_000), second('b', 1_500)], [1_000, 2_000, 1_500]);
  });
});
