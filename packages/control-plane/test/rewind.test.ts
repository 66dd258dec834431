import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { givenUp, outcomeOf, rewindsOf, rewound } from '../src/backup/rewind.ts';
import type { Applied, AppliedService, Restoring } from '../src/store/applied.ts';

const REWIND = { id: 'r', to: 1_000 };

function service(name: string, more: Partial<AppliedService> = {}): AppliedService {
  const run = { drainMs: 1, longLivedMs: 1, stopGraceMs: 1 };
  const spec = { name, run } as unknown as AppliedService['spec'];
  const known = { revision: 'new', restarts: 4, instances: 1, scaledFrom: undefined, after: [], blocked: [], since: 0 };
  return { spec, ...known, ...more };
}

function part(ended?: 'restored' | 'failed'): Restoring {
  const rewind = { to: REWIND.to, ...(ended !== undefined && { ended }) };
  return { id: REWIND.id, wanted: { kind: 'time', at: REWIND.to }, askedAt: 0, rewind };
}

function applied(...services: AppliedService[]): Applied {
  const gateway = { host: '127.0.0.1', port: 1, tls: undefined, workers: 1 };
  const none = { environment: undefined, mode: 'revisions', path: '', gone: [], goingDown: false } as const;
  return { system: 's', gateway, services, ...none };
}

const facts = (asked: Applied | undefined, kept: readonly string[] = ['old', 'new']) => ({
  asked,
  isKept: (_service: string, revision: string) => kept.includes(revision),
  restartsOf: () => 7,
  now: 5_000,
});

describe('a rewind', () => {
  it('runs until every store of it has ended', () => {
    const running = applied(service('a', { restoring: part('restored') }), service('b', { restoring: part() }));
    assert.deepEqual(rewindsOf(running), [REWIND]);
    assert.deepEqual(outcomeOf(running, REWIND), { kind: 'running' });
  });

  it('is done when all are there, and nobody waits any more', () => {
    const all = applied(service('a', { restoring: part('restored') }), service('b', { restoring: part('restored') }));
    assert.deepEqual(outcomeOf(all, REWIND), { kind: 'done' });
    const { applied: next, notes } = rewound(all, REWIND, facts(all));
    assert.deepEqual(
      next.services.map(({ restoring }) => restoring),
      [undefined, undefined],
    );
    assert.deepEqual(notes, []);
  });

  it('is given up as a whole where one fails: the others get back what they had', () => {
    const some = applied(
      service('a', { restoring: part('restored') }),
      service('b', { restoring: part('failed') }),
      service('c'),
    );
    assert.deepEqual(outcomeOf(some, REWIND), { kind: 'failed', services: ['b'] });
    const [a, b, c] = givenUp(some, REWIND).services;
    assert.equal(a?.restoring?.wanted.kind, 'aside');
    assert.equal(a?.restoring?.rewind, undefined);
    assert.deepEqual([b?.restoring, c?.restoring], [undefined, undefined]);
    assert.deepEqual(rewindsOf(givenUp(some, REWIND)), []);
  });

  it("leaves another restore's wish alone", () => {
    const other: Restoring = { id: 'other', wanted: { kind: 'latest' }, askedAt: 0 };
    const both = applied(service('a', { restoring: part('restored') }), service('b', { restoring: other }));
    assert.deepEqual(outcomeOf(both, REWIND), { kind: 'done' });
    assert.deepEqual(rewound(both, REWIND, facts(both)).applied.services[1]?.restoring, other);
  });

  it('asks again for the revision of then, as a generation that never was', () => {
    const then = applied(service('a', { revision: 'old', restarts: 0, instances: 3 }));
    const now = applied(service('a', { restoring: part('restored') }));
    const [a] = rewound(now, REWIND, facts(then)).applied.services;
    assert.deepEqual([a?.revision, a?.restarts, a?.instances, a?.isRollback], ['old', 7, 3, true]);
  });

  it('keeps the generation of what is the same revision', () => {
    const then = applied(service('a', { restarts: 1, instances: 3 }));
    const now = applied(service('a', { restoring: part('restored') }));
    const [a] = rewound(now, REWIND, facts(then)).applied.services;
    assert.deepEqual([a?.revision, a?.restarts, a?.instances], ['new', 4, 3]);
  });

  for (const { what, before, kept, note, left, gone } of [
    {
      what: 'bytes that are gone',
      before: [service('a', { revision: 'old' })],
      kept: ['new'],
      note: /bytes of revision old of a are gone/,
      left: ['new'],
      gone: [],
    },
    {
      what: 'a service that was not there yet',
      before: [],
      kept: [],
      note: /a was not there yet: it is stopped, and its data is kept/,
      left: [],
      gone: ['a'],
    },
    {
      what: 'a service that is not there any more',
      before: [service('a'), service('z')],
      kept: [],
      note: /z was there then/,
      left: ['new'],
      gone: [],
    },
  ]) {
    it(`says of ${what} that it is not as it was`, () => {
      const now = applied(service('a', { restoring: part('restored') }));
      const { applied: next, notes } = rewound(now, REWIND, facts(applied(...before), kept));
      assert.match(notes.join(), note);
      assert.deepEqual(
        next.services.map(({ revision }) => revision),
        left,
      );
      assert.deepEqual(
        next.gone.map(({ name, purge }) => [name, purge]),
        gone.map((name) => [name, false]),
      );
    });
  }

  it('says that nobody knows what was asked for then', () => {
    const now = applied(service('a', { restoring: part('restored') }));
    const { applied: next, notes } = rewound(now, REWIND, facts(undefined));
    assert.match(notes.join(), /not known any more/);
    assert.deepEqual(
      next.services.map(({ revision, restoring }) => [revision, restoring]),
      [['new', undefined]],
    );
  });
});
