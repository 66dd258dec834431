import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { CopyFacts, LogChunk, ReadSpan, RestoreTarget, StoreBackups, StoreReader } from '../backups.ts';
import type { DataHarness } from './data-harness.ts';

/** Harness of a data driver whose stores can be copied. */
export interface BackupHarness extends DataHarness {
  readonly reader: StoreReader;
}

export interface BackupTraits {
  /** How one writes and reads a few whole numbers with this engine, through `DataHarness.query`. */
  readonly words: {
    /** Undefined where nothing has to be made. */
    readonly make: string | undefined;
    readonly add: (value: number) => string;
    /** Of all that were added, in their order: rows with one value. */
    readonly read: string;
    /** For `ask`: how many there are. */
    readonly ask: string;
  };
  /** How finely its log tells instants, in milliseconds; absent: as finely as we do. */
  readonly instantMs?: number;
  /** How exactly the log knows when something was committed, on a busy machine. */
  readonly seenWithinMs?: number;
  /** The log does not tell instants itself: they are those at which whoever follows has heard of it. */
  readonly isHeard?: true;
  /** Whether the engine keeps a log, by which a copy is rolled forward. */
  readonly hasLog?: boolean;
}

export const SQL_WORDS: BackupTraits['words'] = {
  make: 'CREATE TABLE numbers (x int)',
  add: (value) => `INSERT INTO numbers VALUES (${value})`,
  read: 'SELECT x FROM numbers ORDER BY x',
  ask: 'SELECT count(*) FROM numbers',
};

const DEADLINE_MS = 120_000;

interface Copy {
  readonly facts: CopyFacts;
  readonly parts: readonly Uint8Array[];
}

/** The rules that every driver keeps whose stores are copied and brought back. */
export function backupConformance(
  name: string,
  make: () => Promise<BackupHarness>,
  { words, seenWithinMs = 3, instantMs = 1, isHeard, hasLog = true }: BackupTraits,
): void {
  describe(`${name} keeps the contract of backups`, () => {
    let harness: BackupHarness;
    let backups: StoreBackups;
    const options = () => ({ signal: AbortSignal.timeout(DEADLINE_MS) });
    const add = (service: string, value: number) => harness.query(service, words.add(value));
    const numbers = async (service: string) =>
      (await harness.query(service, words.read)).map((row) => Number(Object.values(row)[0]));
    const provision = async (service: string, ...values: number[]) => {
      await harness.driver.provision(await harness.request(service), options());
      if (words.make !== undefined) await harness.query(service, words.make);
      for (const value of values) await add(service, value);
    };
    const copy = async (service: string): Promise<Copy> => {
      const parts: Uint8Array[] = [];
      const copying = harness.reader.copy(await backups.source({ service }, options()), options());
      for (;;) {
        const next = await copying.next();
        if (next.done) return { facts: next.value, parts };
        // A driver may use its buffer again.
        parts.push(Uint8Array.from(next.value));
      }
    };
    const restore = async (service: string, { facts, parts }: Copy, rest: Partial<Rolling> = {}) => {
      const { target = { kind: 'copy' }, log = [] } = rest;
      await harness.request(service);
      const read: ReadSpan = ({ from, bytes }) => stream([Buffer.concat(parts).subarray(from, from + bytes)]);
      return backups.restore({ service, facts, bytes: stream(parts), read, log: stream(log), target }, options());
    };
    const logUntil = async (service: string, enough: (chunks: readonly LogChunk[]) => boolean) => {
      assert.ok(harness.reader.follow, 'a copy that needs a log has one');
      const source = await backups.source({ service }, options());
      const stop = new AbortController();
      const { signal } = stop;
      const chunks: LogChunk[] = [];
      try {
        for await (const chunk of harness.reader.follow({ source, from: undefined }, { signal })) {
          chunks.push({ ...chunk, bytes: Uint8Array.from(chunk.bytes) });
          if (enough(chunks)) break;
        }
      } finally {
        stop.abort();
      }
      return chunks;
    };
    const identity = async (service: string) =>
      harness.reader.identity(await backups.source({ service }, options()), options());
    const remove = async (service: string) => {
      await harness.driver.stop({ service }, options());
      await harness.driver.purge({ service }, options());
    };
    const rule = (sentence: string, services: readonly string[], body: () => Promise<void>) =>
      it(sentence, async () => {
        try {
          await body();
        } finally {
          for (const service of services) await remove(service);
        }
      });

    before(async () => {
      harness = await make();
      assert.ok(harness.driver.backups, `${name} has backups`);
      backups = harness.driver.backups;
    });
    after(() => harness.close());

    rule('a copy holds what was there, in a store of its own', ['source', 'branch.source'], async () => {
      await provision('source', 1, 2);
      const taken = await copy('source');
      await add('source', 3);
      await restore('branch.source', taken, await whole(taken, 'source'));
      assert.deepEqual(await numbers('branch.source'), [1, 2]);
      assert.deepEqual(await numbers('source'), [1, 2, 3]);
      const [left, right] = await Promise.all(
        ['source', 'branch.source'].map((service) => harness.driver.connection({ service })),
      );
      assert.notEqual(left?.url, right?.url);
      await add('branch.source', 4);
      assert.deepEqual(await numbers('source'), [1, 2, 3]);
    });

    rule('a restored store is kept over stop and provision', ['kept', 'branch.kept'], async () => {
      await provision('kept', 1);
      const taken = await copy('kept');
      await restore('branch.kept', taken, await whole(taken, 'kept'));
      await harness.driver.stop({ service: 'branch.kept' }, options());
      await harness.driver.provision(await harness.request('branch.kept'), options());
      assert.deepEqual(await numbers('branch.kept'), [1]);
    });

    rule('a store has one identity, and a restored one has another', ['same', 'branch.same'], async () => {
      await assert.rejects(backups.source({ service: 'same' }, options()), { code: 'not-found' });
      await provision('same', 1);
      const before = await identity('same');
      const taken = await copy('same');
      await harness.driver.stop({ service: 'same' }, options());
      await harness.driver.provision(await harness.request('same'), options());
      assert.equal(await identity('same'), before);
      await restore('branch.same', taken, await whole(taken, 'same'));
      assert.notEqual(await identity('branch.same'), before);
    });

    rule('restores over nothing that is there', ['taken'], async () => {
      await provision('taken', 1);
      const taken = await copy('taken');
      await assert.rejects(restore('taken', taken, await whole(taken, 'taken')), { code: 'refused' });
      assert.deepEqual(await numbers('taken'), [1]);
    });

    rule('a copy whose bytes end in an error makes no store', ['torn', 'branch.torn'], async () => {
      await provision('torn', 1);
      const { facts } = await copy('torn');
      const bytes = (async function* () {
        yield new Uint8Array(0);
        throw new Error('the copy is torn');
      })();
      const request = { service: 'branch.torn', facts, bytes, log: stream([]), target: { kind: 'copy' } as const };
      await harness.request('branch.torn');
      await assert.rejects(backups.restore(request, options()));
      assert.notEqual((await harness.driver.observe())['branch.torn']?.kind, 'ready');
    });

    rule('renames a stopped store, and back', ['renamed', 'aside.renamed'], async () => {
      await provision('renamed', 1);
      await assert.rejects(backups.rename({ service: 'renamed', to: 'aside.renamed' }, options()), { code: 'refused' });
      await harness.driver.stop({ service: 'renamed' }, options());
      await backups.rename({ service: 'renamed', to: 'aside.renamed' }, options());
      assert.deepEqual(Object.keys(await harness.driver.observe()), ['aside.renamed']);
      await backups.rename({ service: 'aside.renamed', to: 'renamed' }, options());
      await harness.driver.provision(await harness.request('renamed'), options());
      assert.deepEqual(await numbers('renamed'), [1]);
    });

    rule('checks, counts and asks', ['sound'], async () => {
      await provision('sound', 1, 2, 3);
      assert.deepEqual(await backups.check({ service: 'sound' }, options()), []);
      const counts = await backups.count({ service: 'sound' }, options());
      assert.ok(Object.values(counts).includes(3), JSON.stringify(counts));
      assert.equal(await backups.ask({ service: 'sound', query: words.ask }, options()), '3');
    });

    rule('rolls a copy forward by the log, to its end or to an instant', ['rolled', 'branch.rolled'], async () => {
      assert.equal(harness.reader.follow !== undefined, hasLog);
      if (!hasLog) return;
      await provision('rolled', 1);
      const taken = await copy('rolled');
      let last = Number.POSITIVE_INFINITY;
      const begun = Promise.withResolvers<void>();
      const follow = () =>
        logUntil('rolled', (chunks) => {
          begun.resolve();
          return (chunks.at(-1)?.at ?? 0) > last;
        });
      const heard = isHeard && follow();
      if (heard) await Promise.race([heard, begun.promise]);
      await add('rolled', 2);
      const between = await pastInstant({ aroundMs: seenWithinMs, instantMs });
      await add('rolled', 3);
      last = Date.now();
      // A chunk received later holds whatever was committed by then.
      const ticking = setInterval(() => void add('rolled', 4).catch(() => {}), 100);
      const log = await (heard ?? follow()).finally(() => clearInterval(ticking));
      const byTime = await restore('branch.rolled', taken, { log, target: { kind: 'time', at: between } });
      assert.equal(byTime.kind, 'restored');
      assert.deepEqual(await numbers('branch.rolled'), [1, 2]);
      await remove('branch.rolled');
      await restore('branch.rolled', taken, { log, target: { kind: 'latest' } });
      assert.deepEqual((await numbers('branch.rolled')).slice(0, 3), [1, 2, 3]);
      await remove('branch.rolled');
      const late = await restore('branch.rolled', taken, { log, target: { kind: 'time', at: Date.now() + 3_600_000 } });
      assert.equal(late.kind, 'short');
      assert.deepEqual((await numbers('branch.rolled')).slice(0, 3), [1, 2, 3]);
    });

    /** What of the log a copy needs to be consistent. */
    async function whole({ facts: { needs } }: Copy, service: string): Promise<Partial<Rolling>> {
      if (needs === undefined) return {};
      return { log: await logUntil(service, (chunks) => (chunks.at(-1)?.to ?? '') >= needs.to) };
    }
  });
}

interface Rolling {
  readonly log: readonly LogChunk[];
  readonly target: RestoreTarget;
}

async function* stream<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

/** An instant that the engine can tell, with nothing committed for so long before and after it. */
async function pastInstant({ aroundMs, instantMs }: { readonly aroundMs: number; readonly instantMs: number }) {
  const instant = Math.ceil((Date.now() + aroundMs) / instantMs) * instantMs;
  while (Date.now() < instant + aroundMs) await new Promise((done) => setTimeout(done, 1));
  return instant;
}
