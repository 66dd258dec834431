import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Checkout, finished } from './checkout.ts';

const CI = 'ci --ignore-scripts --no-audit --no-fund --loglevel=error';

test('installs the locked dependencies at the first start, says so, and runs the CLI', async () => {
  using checkout = ready();
  const { code, stdout, stderr } = await checkout.islet(['up', 'two words']);
  assert.equal(stderr, 'Islet: installing dependencies (once) …\n');
  assert.deepEqual(stdout.split('\n').slice(0, 2), ['node 24.1.0', checkout.base]);
  assert.deepEqual(stdout.trim().split('\n').slice(3), [
    `${checkout.root}/packages/cli/src/main.ts`,
    'up',
    'two words',
  ]);
  assert.equal(code, 0);
  assert.deepEqual(checkout.npmCalls(), [CI]);
});

test('does not run npm at the second start', async () => {
  using checkout = ready();
  await checkout.islet(['version']);
  const second = await checkout.islet(['version']);
  assert.equal(second.stderr, '');
  assert.deepEqual(checkout.npmCalls(), [CI]);
});

test('installs again when the lock file has changed, even where it is older', async () => {
  using checkout = ready();
  await checkout.islet(['version']);
  checkout.lock('two');
  await checkout.islet(['version']);
  checkout.lock('three');
  utimesSync(join(checkout.root, 'package-lock.json'), 1, 1);
  await checkout.islet(['version']);
  await checkout.islet(['version']);
  assert.deepEqual(checkout.npmCalls(), [CI, CI, CI]);
});

test('takes what was installed by hand', async () => {
  using checkout = ready();
  utimesSync(join(checkout.root, 'package-lock.json'), 1, 1);
  mkdirSync(join(checkout.root, 'node_modules'));
  writeFileSync(join(checkout.root, 'node_modules/.package-lock.json'), '');
  const { code, stderr } = await checkout.islet(['version']);
  assert.deepEqual([code, stderr, checkout.npmCalls()], [0, '', []]);
});

test('installs a newer Node where only an older one is, once', async () => {
  using checkout = ready({ node: '20.11.1' });
  const first = await checkout.islet(['version']);
  assert.match(first.stderr, /^Islet: installing Node 24\.\d+\.\d+ \(once\) …\nIslet: installing dependencies/);
  assert.match(first.stdout, /^node 24\.99\.0\n/);
  const second = await checkout.islet(['version']);
  assert.equal(second.stderr, '');
  assert.match(second.stdout, /^node 24\.99\.0\n/);
  assert.equal(checkout.npmCalls().length, 2);
  assert.match(checkout.npmCalls()[0]!, /^install --prefix \S.* node-(bin-)?(linux|darwin)-(x64|arm64)@24\.\d+\.\d+$/);
});

test('takes the Node that ISLET_NODE names', async () => {
  using checkout = ready({ node: '20.11.1' });
  const { stdout } = await checkout.islet(['version'], { env: { ISLET_NODE: join(checkout.base, 'runtime-node') } });
  assert.match(stdout, /^node 24\.99\.0\n/);
  assert.deepEqual(checkout.npmCalls(), [CI]);
});

test('says so when ISLET_NODE is too old, instead of taking another', async () => {
  using checkout = ready();
  const { code, stderr } = await checkout.islet(['version'], { env: { ISLET_NODE: '/nowhere/node' } });
  assert.equal(code, 69);
  assert.match(
    stderr,
    /^Islet: ISLET_NODE is \/nowhere\/node, which is not a Node >= 24: it does not run\n {2}→ point/,
  );
});

test('says what to install where neither Node nor npm is', async () => {
  using checkout = new Checkout();
  const { code, stdout, stderr } = await checkout.islet(['version']);
  assert.deepEqual([code, stdout], [69, '']);
  assert.match(
    stderr,
    /^Islet: neither Node nor npm was found on PATH\n {2}→ install Node >= 24 \(https:\/\/nodejs\.org\)/,
  );
});

test('says what to install where Node is, but no npm', async () => {
  using checkout = new Checkout();
  checkout.node('24.1.0');
  const { code, stderr } = await checkout.islet(['version']);
  assert.equal(code, 69);
  assert.match(stderr, /^Islet: npm was not found on PATH\n {2}→ install npm/);
});

for (const [node, message] of [
  ['24.1.0', /^npm error network\nIslet: npm ci failed\n {2}→ check the network/m],
  [
    '20.11.1',
    /^npm error network\nIslet: npm could not install Node 24\.\d+\.\d+\n {2}→ check the network.*ISLET_NODE/m,
  ],
] as const) {
  test(`says what to do without a network, with Node ${node}, and starts once it is back`, async () => {
    using checkout = new Checkout();
    checkout.node(node);
    checkout.npm({ broken: true });
    const { code, stderr } = await checkout.islet(['version']);
    assert.equal(code, 69);
    assert.match(stderr, message);
    checkout.npm();
    assert.equal((await checkout.islet(['version'])).code, 0);
  });
}

test('installs once when several first starts coincide', async () => {
  using checkout = ready({ node: '20.11.1' });
  const starts = await Promise.all([1, 2, 3, 4, 5].map(() => checkout.islet(['version'])));
  for (const { code, stdout } of starts) assert.deepEqual([code, stdout.split('\n')[0]], [0, 'node 24.99.0']);
  assert.deepEqual(
    checkout.npmCalls().map((call) => call.split(' ')[0]),
    ['install', 'ci'],
  );
  assert.deepEqual(leftovers(checkout), ['node']);
});

test('takes over from starts that were killed while they installed, one at a time', async () => {
  using checkout = ready();
  const dead = checkout.spawn(['version'], { env: { PATH: '/nowhere' } });
  await finished(dead);
  mkdirSync(join(checkout.root, '.runtime'));
  symlinkSync(`pid-${dead.pid}`, join(checkout.root, '.runtime/lock'));
  const starts = await Promise.all([1, 2, 3, 4, 5].map(() => checkout.islet(['version'])));
  assert.deepEqual(
    starts.map(({ code }) => code),
    [0, 0, 0, 0, 0],
  );
  assert.deepEqual(checkout.npmCalls(), [CI]);
  assert.deepEqual(leftovers(checkout), []);
});

test('lets go of its lock when it is interrupted', async () => {
  using checkout = ready();
  const start = checkout.spawn(['version']);
  start.stderr?.once('data', () => start.kill('SIGTERM'));
  assert.equal((await finished(start)).code, 143);
  assert.deepEqual(leftovers(checkout), []);
  assert.equal((await checkout.islet(['version'])).code, 0);
});

test('finds itself through symbolic links and from any folder', async () => {
  using checkout = ready();
  symlinkSync(join(checkout.root, 'islet'), join(checkout.base, 'absolute'));
  mkdirSync(join(checkout.base, 'links'));
  symlinkSync('../absolute', join(checkout.base, 'links/relative'));
  const main = `${checkout.root}/packages/cli/src/main.ts`;
  for (const [as, cwd] of [
    [join(checkout.base, 'links/relative'), '/'],
    ['./islet', checkout.root],
    ['../check out/islet', join(checkout.base, 'links')],
  ] as const) {
    const { stdout, stderr } = await checkout.islet(['version'], { as, cwd });
    assert.match(stdout, /^node 24/, stderr);
    assert.ok(existsSync(stdout.split('\n')[3]!), `${as} ran ${stdout.split('\n')[3]}, not ${main}`);
  }
  assert.deepEqual(checkout.npmCalls(), [CI]);
});

test('needs no right to write where nothing is missing, and says so where something is', async () => {
  using checkout = ready();
  await checkout.islet(['version']);
  const nobody = process.getuid?.() === 0 ? { uid: 65534 } : {};
  chmodSync(checkout.root, 0o555);
  const complete = await checkout.islet(['version'], nobody);
  assert.deepEqual([complete.code, complete.stderr], [0, '']);
  chmodSync(checkout.root, 0o755);
  checkout.lock('two');
  chmodSync(checkout.root, 0o555);
  chmodSync(join(checkout.root, '.runtime'), 0o555);
  const stale = await checkout.islet(['version'], nobody);
  chmodSync(checkout.root, 0o755);
  assert.equal(stale.code, 69);
  assert.match(stale.stderr, /which can't be written to\n {2}→ start it once as a user who can/);
});

test('runs the tests of Islet in its own folder, and those of a system everywhere else', async () => {
  using checkout = ready();
  const script = async (cwd: string, ...args: string[]) => {
    const { stdout } = await checkout.islet(args, { cwd });
    return stdout
      .trim()
      .split('\n')
      .slice(3)
      .map((line) => line.replace(`${checkout.root}/`, ''));
  };
  assert.deepEqual(await script(checkout.root, 'test'), ['scripts/test.ts', 'everyday']);
  assert.deepEqual(await script(checkout.root, 'test', 'faults'), ['scripts/test.ts', 'faults']);
  assert.deepEqual(await script(checkout.root, 'test', 'shop'), ['packages/cli/src/main.ts', 'test', 'shop']);
  assert.deepEqual(await script(checkout.base, 'test'), ['packages/cli/src/main.ts', 'test']);
});

function ready({ node = '24.1.0' } = {}): Checkout {
  const checkout = new Checkout();
  checkout.node(node);
  checkout.npm();
  return checkout;
}

/** What lies in .runtime, apart from versions and the compile cache. */
function leftovers(checkout: Checkout): string[] {
  return readdirSync(join(checkout.root, '.runtime')).map((name) => name.replace(/^node-.*/, 'node'));
}
