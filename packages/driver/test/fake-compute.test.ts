import assert from 'node:assert/strict';
import { it } from 'node:test';
import { computeConformance } from '../src/conformance/index.ts';
import { createFakeCompute, createFakeMachine } from '../src/fake/index.ts';

let ms = 0;
const now = () => new Date(ms++);

computeConformance('the fake', async () => {
  const machine = createFakeMachine();
  let driver = createFakeCompute({ now, machine });
  return {
    driver,
    path: '/usr/bin:/bin',
    folder: async (service) => `/services/${service}`,
    kill: async ({ id }) => driver.crash(id, 'SIGKILL'),
    reopen: async () => {
      await driver.close();
      driver = createFakeCompute({ now, machine });
      return driver;
    },
    close: () => driver.close(),
  };
});

it('fails builds on demand, and no longer', async () => {
  const driver = createFakeCompute({ now });
  const request = { service: 'a', revision: 'r', folder: '/a', inputs: ['/a'], command: 'make', path: '/bin' };
  const build = () =>
    driver.build(
      { ...request, inPlace: false, named: undefined, deadlineMs: 1 },
      { signal: AbortSignal.timeout(60_000) },
    );
  driver.failBuilds('a', 'a type error');
  assert.deepEqual(await build(), { kind: 'failed', reason: 'a type error', log: ['a type error'] });
  driver.failBuilds('a', undefined);
  assert.deepEqual(await build(), { kind: 'built' });
});
