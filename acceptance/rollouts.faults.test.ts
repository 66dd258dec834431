import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { audit } from './support/faults/audit.ts';
import { writeFixture } from './support/faults/fixture.ts';
import { BrokenSystem } from './support/faults/system.ts';
import { until } from './support/faults/until.ts';
import { Work } from './support/faults/work.ts';

/*
 * The control plane is killed at every instant of a rollout that moves traffic by weight, of one that is given up, and of a contract
 * migration. The rollout goes on where it was: no step is lost or taken twice, and it ends.
 */
const CANARY =
  'rollout: { strategy: canary, steps: [20%, 50%], hold: 100ms, minHealthy: 0s, bake: 0s, healthyDeadline: 60s, analysis: { requests: 3 } }';

describe('killed in a rollout', () => {
  let system: BrokenSystem;
  let work: Work;

  before(async () => {
    system = await BrokenSystem.make({
      write: (fixture) => {
        writeFixture(fixture);
        writeFileSync(join(fixture.folder, 'services/pair/smoke.http'), 'GET http://localhost/readyz\n');
      },
    });
    system.rewrite(
      'services/pair/service.yaml',
      (text) => `${text.replace(/^rollout: .*$/m, CANARY)}test: { smoke: smoke.http }\n`,
    );
    work = new Work(system);
    await work.setSecret('first');
    await work.up();
  });
  after(() => system[Symbol.asyncDispose]());

  /** Decisions of the generation that is asked for now. */
  const decided = (kind: string, since: number) =>
    system.sql(`SELECT detail FROM decisions WHERE kind = '${kind}' AND seq > ${since} ORDER BY seq`);
  const lastSeq = () => Number(system.sql('SELECT MAX(seq) FROM decisions')[0] ?? 0);

  for (const failpoint of [
    'advance: before the record',
    'advance: after the record',
    'sample: after the requests',
    'promote: after the record',
  ]) {
    test(`${failpoint}: every step of the canary is taken once, in order, and it ends`, async () => {
      const since = lastSeq();
      system.arm(failpoint);
      await work.change('pair');
      assert.ok(system.disarm(), 'the failpoint is reached');
      await audit(system, await work.expected());
      const steps = decided('advanced', since).map((detail) => (JSON.parse(detail) as { step: number }).step);
      assert.deepEqual(steps, [1, 2]);
    });
  }

  for (const failpoint of ['contract: before the record', 'contract: after the record']) {
    test(`${failpoint}: the contract migration is applied once`, async () => {
      const folder = join(system.folder, 'services/ledger/migrations');
      mkdirSync(folder, { recursive: true });
      const table = failpoint.includes('before') ? 'one' : 'another';
      // Applied twice, it would fail.
      writeFileSync(join(folder, `9_${table}.contract.sql`), `CREATE TABLE ${table} (id TEXT);`);
      system.arm(failpoint);
      await work.change('ledger');
      await until('the contract migration is recorded', () =>
        decided('contracted', 0).some((detail) => detail.includes(`9_${table}`)) ? true : undefined,
      );
      assert.ok(system.disarm(), 'the failpoint is reached');
      await audit(system, await work.expected());
    });
  }

  for (const failpoint of ['fail: before the record', 'fail: after the record']) {
    test(`${failpoint}: a revision that is given up stays given up, and the one before serves`, async () => {
      const since = lastSeq();
      const expected = await work.expected();
      const text = 'process.exit(3);\n';
      system.rewrite('services/lone/main.mjs', (good) => text + good);
      system.arm(failpoint);
      const { code } = await system.cli('deploy', 'lone', '--timeout', '60s');
      assert.notEqual(code, 0);
      await until('it is recorded', () => (decided('failed', since).length > 0 ? true : undefined));
      assert.ok(system.disarm(), 'the failpoint is reached');
      const { services } = await system.settled();
      assert.equal(services.find(({ name }) => name === 'lone')?.state, 'failed');
      assert.equal(decided('failed', since).length, 1);
      system.rewrite('services/lone/main.mjs', (bad) => bad.replace(text, ''));
      await work.up();
      await audit(system, expected);
    });
  }
});
