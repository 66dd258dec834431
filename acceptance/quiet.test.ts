import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { makeSystem } from './support/system.ts';

/*
 * A service that nobody asks gets a new revision all the same: requests are made up from its contract, and where they can't be, it goes
 * on, or waits for a person, as its file says. It never hangs, and never fails for silence.
 */
const CONTRACT = 'openapi: 3.1.0\npaths:\n  /things:\n    get: {}\n    delete: {}\n  /things/{id}:\n    get: {}\n';

const system = await makeSystem({ name: 'quiet', services: { web: {} } });
after(() => system[Symbol.asyncDispose]());

async function deploy(reply: string, { analysis, contract }: { analysis: object; contract?: string }) {
  const api = { expose: { path: '/web', strip: true }, ...(contract === undefined ? {} : { contract }) };
  const rollout = {
    strategy: 'canary',
    steps: ['50%'],
    hold: '0s',
    minHealthy: '0s',
    bake: '0s',
    healthyDeadline: '30s',
    analysis: { requests: 8, ...analysis },
  };
  const health = { ready: { http: '/readyz', period: '200ms' } };
  system.write(
    'services/web/service.yaml',
    JSON.stringify({ name: 'web', run: { command: 'node server.mjs' }, api, health, rollout }),
  );
  system.write('services/web/openapi.yaml', CONTRACT);
  system.write('services/web/reply', reply);
  const { code, stdout, stderr } = await system.islet('deploy', 'web', '--json');
  assert.equal(code, 0, stderr);
  const history = JSON.parse((await system.islet('rollout', 'history', 'web', '--json')).stdout) as { text: string }[];
  return { outcome: (JSON.parse(stdout) as { outcome: string }).outcome, history: history.map(({ text }) => text) };
}

test('its step is judged by requests that are made up from its contract', async () => {
  await system.up();
  const { outcome, history } = await deploy('I am asked', { analysis: { tooFew: 'pause' }, contract: 'openapi.yaml' });
  assert.equal(outcome, 'ready', `${(await system.service('web')).why}\n${history.join('\n')}`);
  assert.match(history.join('\n'), /8 requests/);
  assert.equal((await system.ask('web')).reply, 'I am asked');
});

test('where none can be made up it waits for a person, if it is to', async () => {
  const { outcome } = await deploy('I wait', { analysis: { tooFew: 'pause' } });
  assert.equal(outcome, 'paused');
  const { why } = await system.service('web');
  assert.match(why, /only \d of 8 requests: `islet rollout promote` or `abort` decides/);
  assert.equal((await system.islet('rollout', 'promote', 'web')).code, 0);
  assert.equal((await system.ask('web')).reply, 'I wait');
});

test('and goes on if it is to', async () => {
  const { outcome, history } = await deploy('I go on', { analysis: { tooFew: 'continue' } });
  assert.equal(outcome, 'ready');
  assert.match(history.join('\n'), /only \d of 8 requests/);
  assert.equal((await system.ask('web')).reply, 'I go on');
});
