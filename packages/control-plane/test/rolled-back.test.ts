import assert from 'node:assert/strict';
import { it } from 'node:test';
import { TWO, world } from './world.ts';

it('what is gone back to is run as its file said last, and as many of it as are needed now', async (t) => {
  const w = world(t);
  const web = () => w.system.parts.state.applied.current()?.services.find(({ spec }) => spec.name === 'web');
  const up = async (version: number, scale: string, rollout: string) => {
    const text = `run: { command: serve v${version} }\nuses: [catalog]\nscale: ${scale}\nrollout: { minHealthy: 0s, bake: 0s, ${rollout} }\n`;
    w.write({ ...TWO, 'services/web/service.yaml': text });
    await w.up();
    return web()?.revision;
  };
  const first = await up(1, '1', 'healthyDeadline: 40s');
  assert.equal(await up(1, '2', 'healthyDeadline: 50s'), first, 'neither is part of a revision');
  assert.notEqual(await up(2, '{ min: 3, max: 5, target: { rps: 9 } }', 'healthyDeadline: 60s'), first);

  const asked = { params: { service: 'web' }, query: {}, body: {}, signal: new AbortController().signal };
  await w.api.rollback(asked as never);
  await w.settled();
  assert.equal(web()?.revision, first);
  assert.deepEqual([web()?.spec.scale.min, web()?.spec.scale.max], [3, 5]);
  assert.equal(web()?.spec.rollout.healthyDeadlineMs, 50_000);
  assert.equal(w.system.status.latest()?.services.find(({ name }) => name === 'web')?.instances.ready, 3);
});
