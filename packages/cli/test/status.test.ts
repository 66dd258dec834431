import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { aService, aStatus } from '@islet/client/testing';
import picocolors from 'picocolors';
import { exitCodeOf, outcomeOf } from '../src/outcome.ts';
import { createPrefixer } from '../src/render/log-line.ts';
import { renderPlan } from '../src/render/plan.ts';
import {
  renderBlocked,
  renderChanges,
  renderFailure,
  renderResult,
  renderService,
  renderStatus,
} from '../src/render/status.ts';

const colours = picocolors.createColors(false);
const failure = { step: 'migrate', reason: '0002.sql: syntax error', at: 0, log: ['ERROR: near "TABEL"'] };
const orders = aService('orders', { state: 'failed', why: 'its last rollout failed', failure });
const shipping = aService('shipping', {
  state: 'blocked',
  why: 'go is missing',
  blocked: ['go is missing: install Go 1.22 or newer'],
  instances: { ready: 0, desired: 1 },
  language: 'Go',
});

describe('outcomeOf', () => {
  const rows = [
    ['ready', [aService('a'), aService('b', { state: 'stopped' })]],
    ['blocked', [aService('a'), shipping]],
    ['blocked', [aService('a', { blocked: ['python3 is missing'] })]],
    ['failed', [shipping, orders]],
    ['failed', [aService('a', { state: 'degraded' })]],
    ['failed', [aService('a', { failure })]],
    ['ready', []],
  ] as const;
  for (const [outcome, services] of rows)
    test(`is ${outcome} for ${services.map(({ state }) => state).join(' and ') || 'no service'}`, () => {
      assert.equal(outcomeOf(services), outcome);
    });

  test('each outcome has its exit code', () => {
    const codes = (['ready', 'failed', 'blocked', 'timeout'] as const).map(exitCodeOf);
    assert.deepEqual(codes, [0, 1, 3, 4]);
  });
});

describe('what `up` ends with', () => {
  test('one table and the gateway, without a state where all is ready', () => {
    assert.deepEqual(renderResult(aStatus([aService('web')]), { colours }), [
      'SERVICE  LANGUAGE    REVISION    INSTANCES  ADDRESS',
      'web      TypeScript  3f9a2c1d04  1/1        http://127.0.0.1:8080/web',
      '',
      'shop is at http://127.0.0.1:8080',
    ]);
  });

  test('how clients are told to trust the development authority, where it speaks for the gateway', () => {
    const status = { ...aStatus([aService('web')]), authority: '/var/lib/islet/authority/ca.pem' };
    const ways = 'curl --cacert FILE, NODE_EXTRA_CA_CERTS=FILE, or import it into the browser as an authority';
    assert.equal(
      renderResult(status, { colours }).at(-1),
      `clients are to trust /var/lib/islet/authority/ca.pem (${ways})`,
    );
    assert.ok(renderStatus(status, { colours }).some((line) => line.includes(ways)));
  });

  test('the state is a column as soon as one service is not ready', () => {
    const [head, , line] = renderResult(aStatus([aService('web'), shipping]), { colours });
    assert.match(head ?? '', /^SERVICE +LANGUAGE +STATE/);
    assert.match(line ?? '', /^shipping +Go +blocked .* 0\/1/);
  });

  test('a failure names the step, the reason and the last lines', () => {
    assert.deepEqual(renderFailure(orders, colours), [
      'orders: migrate failed: 0002.sql: syntax error',
      '  | ERROR: near "TABEL"',
    ]);
  });

  test('a service that serves with too few instances says why', () => {
    assert.deepEqual(renderFailure(aService('a', { state: 'degraded', why: 'exit 1, again in 4 s' }), colours), [
      'a: degraded: exit 1, again in 4 s',
    ]);
  });

  test('a blocked service says what it lacks', () => {
    assert.deepEqual(renderBlocked(shipping, colours), ['shipping: blocked: go is missing: install Go 1.22 or newer']);
  });
});

test('plain progress tells only what is another than before', () => {
  const before = aStatus([aService('web'), aService('orders', { state: 'progressing', why: 'building' })]);
  const after = aStatus([aService('web'), aService('orders')]);
  assert.deepEqual(renderChanges(undefined, before), ['web     ready', 'orders  progressing: building']);
  assert.deepEqual(renderChanges(before, after), ['orders  ready']);
  assert.deepEqual(renderChanges(after, after), []);
});

test('the status has a reason for each service that is not ready, and the warnings', () => {
  const status = aStatus([aService('web'), shipping], { warnings: ['no isolation between services: not root'] });
  assert.deepEqual(renderStatus(status, { colours }).slice(-4), [
    'shipping  blocked  3f9a2c1d04  0/1        http://127.0.0.1:8080/shipping  go is missing',
    '',
    'shop is at http://127.0.0.1:8080',
    'warning: no isolation between services: not root',
  ]);
});

test('a system that nothing was asked of yet says what to ask', () => {
  const warnings = ['no isolation between services: not root'];
  assert.deepEqual(renderStatus(aStatus([], { warnings }), { colours }), [
    'Nothing was asked for yet; `islet up` starts the services',
    'warning: no isolation between services: not root',
  ]);
});

test('one service is told with its instances and its failure', () => {
  const instance = {
    id: 'orders-3f9a2c1d04.0-0',
    revision: '3f9a2c1d04',
    state: 'ready',
    pid: 42,
    startedAt: 1000,
    exits: 2,
  };
  const lines = renderService({ ...orders, instanceList: [{ ...instance, state: 'ready' }] }, { colours, now: 61_000 });
  assert.match(lines.join('\n'), /orders-3f9a2c1d04\.0-0 +ready +42 +1 min 0 s +2\n\norders: migrate failed/);
});

describe('log lines', () => {
  test('carry the service and the index of the instance, aligned to the widest so far', () => {
    const prefix = createPrefixer(colours);
    const lines = [
      { service: 'web', instance: 'web-3f9a2c1d04.0-1', line: 'hello' },
      { service: 'recommendations', instance: 'recommendations-1.0-0', line: 'bonjour' },
      { service: 'web', instance: 'build', line: 'built' },
    ];
    assert.deepEqual(lines.map(prefix), [
      'web.1        | hello',
      'recommendations.0 | bonjour',
      'web               | built',
    ]);
  });

  test('two services have two colours, and keep them', () => {
    const prefix = createPrefixer(picocolors.createColors(true));
    const line = (service: string) => prefix({ service, instance: `${service}-1.0-0`, line: '' }).slice(0, 5);
    assert.notEqual(line('web'), line('orders'));
    assert.equal(line('web'), line('web'));
  });
});

describe('a plan', () => {
  const none = { steps: [], unchanged: ['web'], blocked: {}, warnings: [] };

  test('that changes nothing says so', () => {
    assert.deepEqual(renderPlan(none, colours), ['Nothing would change.']);
  });

  test('lists steps by service, what is blocked, and what stays', () => {
    const steps = [
      { service: 'orders', kind: 'build', text: 'build 3f9a' },
      { service: 'orders', kind: 'start', text: 'start 1 instance' },
    ];
    assert.deepEqual(renderPlan({ ...none, steps, blocked: { shipping: ['go is missing'] } }, colours), [
      'orders',
      '  build  build 3f9a',
      '  start  start 1 instance',
      'shipping: blocked: go is missing',
      '2 steps in 1 service; unchanged: web.',
    ]);
  });
});
