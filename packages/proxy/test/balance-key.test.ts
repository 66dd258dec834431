import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BalanceKey } from '@islet/spec';
import { DEFAULT_TRAFFIC } from '@islet/spec/traffic';
import { balanceHash, type Keyed } from '../src/client/balance-key.ts';

const REQUEST: Keyed = {
  passed: 'X-Tenant: acme\r\nCookie: a=b; cart=7; mycart=8\r\n',
  target: '/carts/7?cart=9',
  client: '203.0.113.7',
};

function hashBy(key: BalanceKey, request: Partial<Keyed> = {}): number | undefined {
  const algorithm = { kind: 'ring-hash', key, boundPercent: 150 } as const;
  return balanceHash({ ...DEFAULT_TRAFFIC.balance, algorithm }, { ...REQUEST, ...request });
}

const ROWS: readonly {
  readonly key: BalanceKey;
  readonly same: Partial<Keyed>;
  readonly other: Partial<Keyed>;
  readonly without?: Partial<Keyed>;
}[] = [
  { key: { kind: 'client' }, same: { passed: '', target: '/' }, other: { client: '203.0.113.8' } },
  {
    key: { kind: 'header', name: 'x-tenant' },
    same: { passed: 'x-tenant: acme\r\n', client: 'x' },
    other: { passed: 'x-tenant: acme2\r\n' },
    without: { passed: 'x-tenant2: acme\r\n' },
  },
  {
    key: { kind: 'cookie', name: 'cart' },
    same: { passed: 'Cookie: cart=7\r\n', client: 'x' },
    other: { passed: 'Cookie: a=b; cart=8\r\n' },
    without: { passed: 'Cookie: mycart=7\r\n' },
  },
  {
    key: { kind: 'path', pattern: '/carts/{id}' },
    same: { target: '/carts/7', client: 'x' },
    other: { target: '/carts/8' },
    without: { target: '/lists/7' },
  },
];

for (const { key, same, other, without } of ROWS) {
  test(`a request is at home by its ${key.kind}, whatever else it says`, () => {
    const home = hashBy(key);
    assert.equal(typeof home, 'number');
    assert.equal(hashBy(key, same), home);
    assert.notEqual(hashBy(key, other), home);
    if (without !== undefined) assert.equal(hashBy(key, without), undefined);
  });
}

test('other algorithms ask for no key', () => {
  assert.equal(balanceHash(DEFAULT_TRAFFIC.balance, REQUEST), undefined);
});
