import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { QUICK, stateOf, World } from './world.ts';

const FILES = {
  'islet.yaml': 'system: one\nservices: [services/*]\ngateway: { port: 28080 }\n',
  'services/web/service.yaml': `run: { command: serve }\n${QUICK}database: { engine: postgres, backup: off, drill: off }\n`,
};

/** A service whose store of before lies aside, and that is to have it back: which takes until somebody says so. */
async function restored(t: TestContext) {
  const w = new World(FILES, 'postgres');
  t.after(() => w.close());
  const { data } = w;
  const { purge, backups } = data;
  const [begun, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const told: string[] = [];
  Object.assign(data, {
    backups: {
      ...backups!,
      rename: async (request, { signal }) => {
        begun.resolve();
        const aborted = new Promise<never>((_resolve, reject) =>
          signal.addEventListener('abort', () => setImmediate(() => reject(signal.reason)), { once: true }),
        );
        await Promise.race([go.promise, aborted]).catch((error: unknown) => {
          told.push('called off');
          throw error;
        });
        await backups!.rename(request, { signal });
      },
    },
    purge: async (request, options) => {
      told.push(`purge ${request.service}`);
      await purge(request, options);
    },
  } satisfies Partial<typeof data>);
  await w.up();
  await data.provision({ service: 'aside.web', url: undefined }, { signal: new AbortController().signal });
  data.query('aside.web', 'CREATE TABLE of_before (x int)');
  await data.stop({ service: 'aside.web' }, { signal: new AbortController().signal });
  const call = { query: {}, signal: new AbortController().signal };
  await w.api.endRestore({ ...call, params: { service: 'web' }, body: { undo: true } });
  await begun.promise;
  // What a restore itself removes to make room.
  told.length = 0;
  const down = (purged: boolean) => w.api.down({ ...call, params: {}, body: { purge: purged } });
  const gone = () => w.until(() => w.down > 0);
  return { w, told, go: go.resolve, down, gone };
}

describe('a restore of a service that is asked to be gone', () => {
  it('is called off before its data is deleted, so that nothing comes back after it', async (t) => {
    const { w, told, down, gone } = await restored(t);
    await down(true);
    await gone();
    assert.deepEqual(told, ['called off', 'purge web']);
    assert.equal((await w.data.observe()).web, undefined);
    assert.deepEqual(
      w.system.parts.state.applied.current()?.gone.map(({ restoring }) => restoring),
      [undefined],
    );
  });

  it('is gone on with by the next up, where its data was to be kept', async (t) => {
    const { w, told, go, down, gone } = await restored(t);
    await down(false);
    await gone();
    assert.deepEqual(told, ['called off']);
    go();
    // As whoever is started after a `down` does it.
    const { applied } = w.system.parts.state;
    applied.put({ ...applied.current()!, goingDown: false }, 0);
    await w.reopen();
    assert.equal(stateOf(await w.up(), 'web'), 'ready');
    assert.equal(w.data.query('web', 'SELECT count(*) AS rows FROM of_before')[0]?.rows, 0);
  });
});
