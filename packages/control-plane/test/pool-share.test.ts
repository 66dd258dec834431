import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { poolShare } from '../src/pool-share.ts';

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
