import assert from 'node:assert/strict';
import { it } from 'node:test';
import { QUICK, World } from './world.ts';

const FILES = {
  'islet.yaml': 'system: one\nservices: [services/*]\ngateway: { port: 28086 }\n',
  'services/web/service.yaml': `run: { command: serve }\n${QUICK}database: postgres\n`,
};

it('a restore drill that a system’s end interrupts is called off, and says nothing against the backup', async (t) => {
  const w = new World(FILES, 'postgres');
  t.after(() => w.close());
  const { stop } = w.data;
  const begun = Promise.withResolvers<void>();
  const told: string[] = [];
  Object.assign(w.data, {
    stop: async (request, options) => {
      if (request.service !== 'drill.web' || options.signal.aborted || told.length > 0) return stop(request, options);
      told.push('begun');
      begun.resolve();
      await new Promise((resolve) => options.signal.addEventListener('abort', resolve, { once: true }));
      told.push('called off');
      throw options.signal.reason;
    },
  } satisfies Partial<typeof w.data>);
  await w.up();
  const { care } = w.system;
  care.drills.ask('web');
  w.system.reconciler.poke();
  await begun.promise;
  await care.end({ purge: false });
  assert.deepEqual(told, ['begun', 'called off']);
  assert.equal(care.drills.running(), undefined);
  assert.equal(care.drills.last('web'), undefined);
});
