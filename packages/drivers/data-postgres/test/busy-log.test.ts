import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { LogChunk, StoreSource } from '@islet/driver';
import { followPostgres } from '../src/backup/follow.ts';
import { lsnOf, parseLsn, positionOf } from '../src/backup/lsn.ts';
import { readLog } from '../src/backup/read-log.ts';
import { parseSource, readFacts, type ServerFacts, withReplication } from '../src/backup/source.ts';
import { makeWorld, patience, query, type World } from './harness.ts';

/** Of a log, much: more than is streamed, whatever a machine makes of it. */
const MUCH = `INSERT INTO ballast SELECT repeat(md5(random()::text), 60) FROM generate_series(1, 5000)`;
const LITTLE = "INSERT INTO ballast VALUES ('little')";

describe('the log of a server in which much is committed', () => {
  const service = 'busy';
  let world: World;
  let source: StoreSource;
  const inside = async (sql: string) => query((await world.driver.connection({ service })).url, sql);
  const outside = async (sql: string) => {
    const { host, port, password } = parseSource(source);
    return query({ host, port, password, user: 'islet', database: 'postgres' }, sql);
  };
  const slot = async () => {
    const [found] = await outside('SELECT active, restart_lsn FROM pg_replication_slots');
    return { isStreamed: found!.active === true, keptFrom: parseLsn(String(found!.restart_lsn)) };
  };
  const end = async () => {
    const [found] = await outside('SELECT pg_current_wal_flush_lsn() AS lsn');
    return positionOf(parseLsn(String(found!.lsn)));
  };
  const facts = (): Promise<ServerFacts> => withReplication(parseSource(source), patience().signal, readFacts);
  /** Until then; what comes meanwhile has no gap. */
  const follow = async (log: AsyncGenerator<LogChunk, unknown>, isEnough: (last: LogChunk) => Promise<boolean>) => {
    const chunks: LogChunk[] = [];
    for (;;) {
      const next = await log.next();
      assert.ok(next.done !== true);
      const chunk = { ...next.value, bytes: Buffer.from(next.value.bytes) };
      assert.equal(chunk.from, chunks.at(-1)?.to ?? chunk.from);
      assert.equal(lsnOf(chunk.to) - lsnOf(chunk.from), BigInt(chunk.bytes.length));
      chunks.push(chunk);
      if (await isEnough(chunk)) return chunks;
    }
  };
  const untilRead = (log: AsyncGenerator<LogChunk>) => follow(log, async () => !(await slot()).isStreamed);

  before(async () => {
    world = await makeWorld();
    await world.driver.provision({ service, url: undefined }, patience());
    await inside('CREATE TABLE ballast (text text)');
  });
  // A slot that a test has taken away is made again.
  beforeEach(async () => {
    source = await world.driver.backups!.source({ service }, patience());
  });
  after(() => world.close());

  it('is read instead of streamed, and streamed again when nothing more comes; not a byte differs', async () => {
    const log = followPostgres({ source, from: undefined }, patience());
    await inside(MUCH);
    const chunks = await untilRead(log);
    await inside(MUCH);
    // The server goes on in another file.
    await outside('SELECT pg_switch_wal()');
    await inside(LITTLE);
    const written = await end();
    chunks.push(...(await follow(log, async ({ to }) => to >= written)));
    assert.equal((await slot()).isStreamed, false);
    const calm = follow(log, async () => (await slot()).isStreamed);
    while (!(await slot()).isStreamed) await pause(50);
    await inside(LITTLE);
    chunks.push(...(await calm));
    await inside(LITTLE);
    const more = await end();
    chunks.push(...(await follow(log, async ({ to }) => to >= more)));
    await log.return();

    const again = followPostgres({ source, from: chunks[0]!.from }, patience());
    const streamed = await follow(again, async ({ to }) => to >= more);
    await again.return();
    const bytesOf = (all: readonly LogChunk[]) => Buffer.concat(all.map(({ bytes }) => bytes));
    const [one, other] = [bytesOf(chunks), bytesOf(streamed)];
    const length = Math.min(one.length, other.length);
    assert.ok(one.subarray(0, length).equals(other.subarray(0, length)));
  });

  it('is let go only as far as it was taken, and is let go', async () => {
    const log = followPostgres({ source, from: undefined }, patience());
    await inside(MUCH);
    await untilRead(log);
    const kept = new Set<bigint>();
    await follow(log, async ({ from }) => {
      await inside(LITTLE);
      const { keptFrom } = await slot();
      assert.ok(keptFrom <= lsnOf(from), `${keptFrom} is let go, and ${from} is not taken yet`);
      return kept.add(keptFrom).size === 5;
    });
    await log.return();
  });

  it('holds all that was committed by the instant that it says', async () => {
    const log = followPostgres({ source, from: undefined }, patience());
    await inside(MUCH);
    await untilRead(log);
    for (let round = 0; round < 5; round++) {
      await inside(LITTLE);
      const committed = await end();
      const at = Date.now();
      const chunks = await follow(log, async (chunk) => chunk.at > at);
      assert.ok(chunks.at(-1)!.to >= committed);
    }
    await log.return();
  });

  it('is said to be lost when the server has let it go', async () => {
    const log = followPostgres({ source, from: undefined }, patience());
    await inside(MUCH);
    await untilRead(log);
    await outside("SELECT pg_drop_replication_slot('islet_backup')");
    // At the next look, whatever it finds.
    await assert.rejects(log.next(), { code: 'not-found' });
  });

  it('is said to be lost where the file is gone, whatever the slot says', async () => {
    const { segmentBytes, ...known } = await facts();
    const from = positionOf(BigInt(segmentBytes));
    for (let files = 0; files < 3; files++) await outside('SELECT pg_switch_wal()');
    // On a line of history that this server never was on: no such file.
    const never = { ...known, segmentBytes, timeline: known.timeline + 1 };
    const log = readLog({ source, from, facts: never }, patience());
    await assert.rejects(log.next(), { code: 'not-found' });
  });

  it('is not read from where the server has not come', async () => {
    const from = positionOf(lsnOf(await end()) + 2n ** 40n);
    const log = readLog({ source, from, facts: await facts() }, patience());
    await assert.rejects(log.next(), { code: 'not-found' });
  });

  it('is not read of another server', async () => {
    const log = readLog({ source, from: await end(), facts: { ...(await facts()), identity: '42-1' } }, patience());
    await assert.rejects(log.next(), { code: 'unavailable', message: /another server/ });
  });

  it('ends with the server, and goes on with it without a gap', async () => {
    const log = followPostgres({ source, from: undefined }, patience());
    await inside(MUCH);
    const chunks = await untilRead(log);
    await world.driver.stop({ service }, patience());
    await assert.rejects(
      follow(log, async ({ to }) => {
        chunks.push({ from: to, to, at: 0, bytes: Buffer.alloc(0) });
        return false;
      }),
      { code: 'unavailable' },
    );
    await world.driver.provision({ service, url: undefined }, patience());
    source = await world.driver.backups!.source({ service }, patience());
    const again = followPostgres({ source, from: chunks.at(-1)!.to }, patience());
    await inside(LITTLE);
    const written = await end();
    await follow(again, async ({ to }) => to >= written);
    await again.return();
  });
});
