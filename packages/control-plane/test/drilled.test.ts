import assert from 'node:assert/strict';
import { it } from 'node:test';
import { TWO, type World, world } from './world.ts';

const asked = (body: object) =>
  ({ params: { service: 'web' }, query: {}, body, signal: new AbortController().signal }) as never;
const KILL = { drill: 'kill', forMs: 1_000 };

const web = (w: World) => w.system.status.latest()?.services.find(({ name }) => name === 'web');
const fileOf = (version: number, rollout: string) => ({
  ...TWO,
  'services/web/service.yaml': `run: { command: serve v${version} }\nuses: [catalog]\nrollout: ${rollout}\n`,
});

it('what is killed again and again by drills is started again at once each time, and no crash loop is told', async (t) => {
  const w = world(t, fileOf(1, '{ minHealthy: 0s, bake: 0s }'));
  await w.up();
  for (let kills = 0; kills < 7; kills += 1) {
    const before = web(w)?.instanceList[0]?.pid;
    await w.api.inject(asked(KILL));
    await w.until(() => {
      const [instance] = web(w)?.instanceList ?? [];
      return instance?.state === 'ready' && instance.pid !== before;
    });
    assert.equal(web(w)?.instanceList[0]?.exits, 0);
  }
  const told = w.system.parts.state.decisions.list({ service: 'web' }).map(({ decision: { kind } }) => kind);
  assert.equal(told.filter((kind) => kind === 'drill').length, 7);
  assert.ok(!told.includes('ended') && !told.includes('crash-loop'));

  // The next control plane learns how often it was started, and why.
  await w.reopen();
  await w.settled();
  assert.equal(web(w)?.instanceList[0]?.exits, 0);

  // It crashes by itself.
  w.compute.crash(web(w)?.instanceList[0]?.id ?? '', 'exit 3');
  await w.until(() => web(w)?.instanceList[0]?.exits === 1);
});

it('is refused while a revision has to prove itself, and allowed of one that has served before', async (t) => {
  const rollout = '{ minHealthy: 0s, bake: 1h }';
  const w = world(t, fileOf(1, rollout));
  await w.up();
  await w.api.inject(asked(KILL));
  await w.settled();
  w.write(fileOf(2, rollout));
  await w.up();
  await assert.rejects(
    async () => w.api.inject(asked(KILL)),
    /web bakes until .*: what a drill breaks would be held against/,
  );
  await w.api.rollback(asked({}));
  await w.settled();
  await w.api.inject(asked(KILL));
});

it('is refused in the middle of a rollout', async (t) => {
  const rollout = '{ strategy: blue-green, autoPromote: false, hold: 0s, minHealthy: 0s, analysis: { requests: 0 } }';
  const w = world(t, fileOf(1, rollout));
  await w.up();
  w.write(fileOf(2, rollout));
  const { services } = await w.up();
  assert.equal(services.find(({ name }) => name === 'web')?.state, 'paused');
  await assert.rejects(async () => w.api.inject(asked(KILL)), /a rollout of web is under way/);
});
