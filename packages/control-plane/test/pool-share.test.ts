import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { poolShare } from '../src/pool-share.ts';
import { world } from './world.ts';

describe('what one instance may open', () => {
  const rows = [
    { connections: 40, instances: 1, surge: 1, share: 20 },
    { connections: 40, instances: 2, surge: 1, share: 13 },
    { connections: 40, instances: 6, surge: 1, share: 5 },
    { connections: 40, instances: 3, surge: 0, share: 13 },
    { connections: 40, instances: 0, surge: 0, share: 40 },
    { connections: 40, instances: 100, surge: 1, share: 1 },
  ];
  for (const { share, ...given } of rows) {
    it(`is ${share} of ${given.connections} for ${given.instances} and ${given.surge} spare`, () => {
      assert.equal(poolShare(given), share);
      if (share > 1) assert.ok(share * (given.instances + given.surge) <= given.connections);
    });
  }
});

describe('the share of its service’s connections that an instance is told', () => {
  const CAREFUL = 'minHealthy: 0s, bake: 0s }';
  const rows = [
    { what: 'two, and one that a rollout starts beside them', rollout: `{ ${CAREFUL}`, share: '13' },
    {
      what: 'two of each revision, where a canary runs beside the whole',
      rollout: `{ strategy: canary, ${CAREFUL}`,
      share: '10',
    },
    {
      what: 'two of each revision, of which the new one waits whole',
      rollout: `{ strategy: blue-green, ${CAREFUL}`,
      share: '10',
    },
    { what: 'two, of which the old ones end first', rollout: `{ strategy: recreate, ${CAREFUL}`, share: '20' },
    { what: 'the seven that a person asked for, and a spare one', rollout: `{ ${CAREFUL}`, scale: 7, share: '5' },
  ];
  for (const { what, rollout, scale, share } of rows)
    it(`is that of ${what}`, async (t) => {
      const w = world(t, {
        'islet.yaml': 'system: one\ngateway: { port: 28086 }\n',
        'services/orders/service.yaml': `run: { command: serve }\ndatabase: sqlite\nscale: 2\nrollout: ${rollout}\n`,
      });
      const { connection } = w.data;
      w.data.connection = async (request) => ({ ...(await connection(request)), maxConnections: 40 });
      const told = new Set<string | undefined>();
      const { start } = w.compute;
      w.compute.start = async (request, options) => {
        if (w.system.parts.state.applied.current()?.services[0]?.instances === (scale ?? 2))
          told.add(request.env.DATABASE_POOL_MAX);
        await start(request, options);
      };
      await w.up();
      const call = { params: { service: 'orders' }, query: {}, signal: new AbortController().signal };
      if (scale !== undefined) await w.api.scale({ ...call, body: { instances: scale } });
      await w.settled();
      assert.deepEqual([...told], [share]);
    });
});
