import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { islet, removeFolder, SYSTEM, tempFolder } from './run.ts';

const ORDERS = `run: { command: serve }
api: { expose: /orders }
traffic:
  timeout: 2s
  compress: {}
  routes:
    - match: GET /orders/{id}
      timeout: { request: 500ms }
      retry: off
  callers:
    gateway: { timeout: { idle: 1m } }
`;

async function describeOrders(t: TestContext, ...options: readonly string[]) {
  const folder = tempFolder({ ...SYSTEM, 'services/orders/service.yaml': ORDERS });
  t.after(() => removeFolder(folder));
  return islet(['describe', 'orders', ...options], { cwd: folder });
}

it('shows sections apart, and a key of a route or a caller with what it inherits and whence', async (t) => {
  const { stdout } = await describeOrders(t, '--only', 'traffic.timeout');
  assert.deepEqual(
    stdout.split('\n').map((line) => line.replace(/ \(.*\)$/, '').replace(/ {2,}/g, '  ')),
    [
      'orders',
      'traffic.timeout.connect  500ms  default timeout',
      'traffic.timeout.request  2s  services/orders/service.yaml:4',
      'traffic.timeout.perTry  1s  from traffic.timeout.request',
      'traffic.timeout.idle  5m  default timeout',
      '',
      'traffic.routes[0].match  GET /orders/{id}  services/orders/service.yaml:7',
      'traffic.routes[0].timeout.connect  500ms  default timeout',
      'traffic.routes[0].timeout.request  500ms  services/orders/service.yaml:8',
      'traffic.routes[0].timeout.perTry  250ms  from traffic.routes[0].timeout.request',
      'traffic.routes[0].timeout.idle  5m  default timeout',
      '',
      'traffic.callers.gateway.timeout.connect  500ms  default timeout',
      'traffic.callers.gateway.timeout.request  2s  services/orders/service.yaml:4',
      'traffic.callers.gateway.timeout.perTry  1s  from traffic.callers.gateway.timeout.request',
      'traffic.callers.gateway.timeout.idle  1m  services/orders/service.yaml:11',
      '',
      '',
    ],
  );
});

it('one long value pushes the origins of no other line aside', async (t) => {
  const { stdout } = await describeOrders(t, '--only', 'traffic');
  const starts = stdout
    .split('\n')
    .flatMap((line) => (/^traffic\.\w+\.\w+ /.test(line) ? line.search(/ (default|from|services\/)/) : []));
  assert.ok(starts.filter((start) => start === starts[0]).length >= starts.length - 2, starts.join(' '));
  assert.match(stdout, /^traffic\.compress\.types +\[text\/\*, .*\] {2}default compression$/m);
});

it('an override is shown only where it has something of what is asked for', async (t) => {
  const { stdout } = await describeOrders(t, '--only', 'traffic.retry');
  assert.match(stdout, /^traffic\.retry\.attempts +1 /m);
  assert.match(
    stdout,
    /^traffic\.routes\[0\]\.match +GET [^\n]+\ntraffic\.routes\[0\]\.retry +off +services\/orders\/service\.yaml:9$/m,
  );
  assert.doesNotMatch(stdout, /gateway/);
  const { stdout: json } = await describeOrders(t, '--only', 'traffic.hedge', '--json');
  assert.deepEqual(
    JSON.parse(json)[0].values.map(({ path, value }: { path: string; value: string }) => [path, value]),
    [['traffic.hedge', 'off']],
  );
});

it('without a service, the system comes first', async (t) => {
  const folder = tempFolder({ ...SYSTEM, 'services/orders/service.yaml': ORDERS });
  t.after(() => removeFolder(folder));
  const { stdout } = await islet(['describe', '--only', 'gateway'], { cwd: folder });
  assert.match(stdout, /^system \w+\ngateway\.host +127\.0\.0\.1 +default gateway[^\n]*\n[\s\S]*^gateway\.tls +off /m);
  assert.doesNotMatch(stdout, /orders/);
});

it('a key that there is not is bad usage, and those that there are are told', async (t) => {
  const { code, stderr } = await describeOrders(t, '--only', 'traffic.ratelimit');
  assert.equal(code, 2);
  assert.match(stderr, /no value is called traffic\.ratelimit\n.*traffic\.rateLimit, /);
});
