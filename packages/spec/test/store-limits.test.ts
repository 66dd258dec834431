import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { errorsOf, orders, serviceOf } from './helpers.ts';

const RUN = 'run: { command: x }\n';
const MIB = 1024 * 1024;
const limitsOf = (database: string) => serviceOf(orders(`${RUN}database: ${database}\n`)).database?.limits;

describe('database.memory and database.connections', () => {
  it('are those of a small server where nothing is said', () => {
    for (const engine of ['postgres', 'mariadb'])
      assert.deepEqual(limitsOf(engine), { memoryBytes: 64 * MIB, connections: 40 });
    const { origins } = serviceOf(orders(`${RUN}database: postgres\n`));
    for (const key of ['memory', 'connections']) assert.equal(origins.get(`database.${key}`)?.kind, 'default');
  });

  for (const engine of ['postgres', 'mariadb'])
    it(`are what is said of ${engine}`, () => {
      const limits = limitsOf(`{ engine: ${engine}, memory: 512Mi, connections: 80 }`);
      assert.deepEqual(limits, { memoryBytes: 512 * MIB, connections: 80 });
    });

  it('are none of an engine that has no such', () => {
    for (const engine of ['sqlite', '{ url: { secret: a } }']) assert.equal(limitsOf(engine), undefined);
  });

  for (const [text, path, words] of [
    ['{ engine: sqlite, memory: 64Mi }', 'database.memory', /for postgres and mariadb, and this is sqlite.*remove it/],
    ['{ engine: mariadb, memory: 1Mi }', 'database.memory', /at least 32Mi/],
    ['{ url: { secret: a }, connections: 9 }', 'database.connections', /an outside server/],
    ['{ engine: postgres, memory: 1Mi }', 'database.memory', /at least 32Mi/],
    ['{ engine: postgres, connections: 0 }', 'database.connections', /./],
    ['{ engine: postgres, maxConnections: 9 }', 'database.maxConnections', /database.connections/],
  ] as const) {
    it(`refuses ${text}`, () => {
      const [error] = errorsOf(orders(`${RUN}database: ${text}\n`));
      assert.equal(error?.path, path);
      assert.match(`${error?.message} ${error?.hint}`, words);
    });
  }
});
