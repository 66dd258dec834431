import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { makeSystem } from './support/system.ts';
import { makePathWithoutToolchains } from './support/tools-path.ts';

const SHOP = fileURLToPath(new URL('../examples/shop', import.meta.url));

test('where Go, Java and Python are missing, their services are blocked and the shop takes orders without them', async (t) => {
  const tools = mkdtempSync(join(tmpdir(), 'islet-tools-'));
  t.after(() => rmSync(tools, { recursive: true }));
  chmodSync(tools, 0o755);
  await using shop = await makeSystem({ copyOf: SHOP, path: makePathWithoutToolchains(join(tools, 'bin')) });

  const { stdout, stderr } = await shop.up(3);
  assert.match(stderr, /^payments: blocked: python3 is not installed: .+$/m);
  assert.match(stderr, /^shipping: blocked: go is not installed: .+$/m);
  assert.match(stderr, /^recommendations: blocked: javac? is not installed: .+$/m);
  assert.match(stdout, new RegExp(`^shop is at ${shop.url}$`, 'm'));
  const { services } = await shop.status();
  assert.deepEqual(
    services.map(({ name, state }) => [name, state]),
    [
      ['catalog', 'ready'],
      ['orders', 'ready'],
      ['payments', 'blocked'],
      ['recommendations', 'blocked'],
      ['shipping', 'blocked'],
      ['web', 'ready'],
    ],
  );

  const response = await fetch(`${shop.url}/api/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': 'blocked' },
    body: JSON.stringify({ items: [{ sku: 'amber-skerry', quantity: 1 }], card: '4242 4242 4242 4242' }),
  });
  assert.equal(response.status, 201);
  const order = (await response.json()) as { payment: string; shipping: unknown };
  assert.equal(order.payment, 'pending');
  assert.equal(order.shipping, null);
  assert.equal((await shop.get('/')).status, 200);
});
