import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { CopyFacts, EarlierCopy, ReadSpan } from '@islet/driver';
import { parseIndex, parseNotes } from '../src/backup/entries.ts';
import { createFilesReader } from '../src/index.ts';
import { asRoot, makeWorld, patience, type World } from './harness.ts';

interface Taken extends EarlierCopy {
  readonly bytes: Buffer;
}

describe('copies of volumes', () => {
  const reader = createFilesReader();
  const taken = new Map<string, Taken>();
  let world: World;
  let service: string;
  let services = 0;

  before(async () => {
    world = await makeWorld();
  });
  after(() =>
    world.close(
      Array.from({ length: services }, (_, index) => `s${index + 1}`).flatMap((name) => [name, `branch.${name}`]),
    ),
  );

  const begin = async (t: TestContext) => {
    service = `s${++services}`;
    taken.clear();
    await world.driver.provision({ service, url: undefined, settings: { folders: 'uploads' } }, patience());
    t.after(async () => {
      for (const name of [service, `branch.${service}`]) {
        await world.driver.stop({ service: name }, patience());
        await world.driver.purge({ service: name }, patience());
      }
    });
  };
  const sh = (command: string) => world.sh(service, command);
  /** What was changed a moment ago is read again by the next copy, whatever its times say. */
  const settle = () => pause(150);

  const copy = async (id: string, earlier?: Taken, onPart: () => void = () => {}): Promise<Taken> => {
    const source = await world.driver.backups?.source({ service }, patience());
    assert.ok(source);
    const copying = reader.copy(source, { ...patience(), ...(earlier && { earlier }) });
    const parts: Uint8Array[] = [];
    let facts: CopyFacts | undefined;
    while (facts === undefined) {
      const next = await copying.next();
      if (next.done) facts = next.value;
      else parts.push(Uint8Array.from(next.value));
      onPart();
    }
    const bytes = Buffer.concat(parts);
    const read: ReadSpan = async function* ({ copy: of, from, bytes: length }) {
      const held = of === '' ? bytes : taken.get(of)?.bytes;
      if (held === undefined) throw new Error(`nobody has kept ${of}`);
      yield held.subarray(from, from + length);
    };
    const bases = (facts.bases ?? []).map((base) => [base, taken.get(base)?.bytes.length ?? 0] as const);
    const made = { id, facts, bytes, read, sizes: new Map([[id, bytes.length], ...bases]) };
    taken.set(id, made);
    return made;
  };
  const contentBytes = ({ facts }: Taken) => parseNotes(facts).index.from;
  const entriesOf = ({ facts, bytes }: Taken) => {
    const { index } = parseNotes(facts);
    return parseIndex(bytes.subarray(index.from, index.from + index.bytes));
  };
  const restore = async ({ facts, read }: Taken) => {
    const as = `branch.${service}`;
    await world.driver.stop({ service: as }, patience());
    await world.driver.purge({ service: as }, patience());
    const nothing = (async function* () {})();
    const request = { service: as, facts, bytes: nothing, read, log: nothing, target: { kind: 'latest' } as const };
    await world.driver.backups?.restore(request, patience());
    return as;
  };

  it('bring back folders, empty ones too, links, modes, times, and names that are no text', async (t) => {
    await begin(t);
    await sh(
      'mkdir -p uploads/a/empty && printf one > uploads/a/one && : > uploads/none && ln -s /nowhere uploads/link && ' +
        'chmod 640 uploads/a/one && chmod 500 uploads/a/empty && touch -d @1700000000 uploads/a/one uploads/a && ' +
        `printf odd > "uploads/$(printf '\\377')"`,
    );
    const as = await restore(await copy('1'));
    const look =
      'cd uploads && find . | LC_ALL=C sort | while read -r f; do stat -c "%n %F %a %Y %N" "$f"; done | sed "s/ [0-9]* .\\..$/ TIME/"';
    assert.equal(await world.sh(as, 'cat uploads/a/one uploads/"$(printf "\\377")"'), 'oneodd');
    const [was, is] = [await sh(look), await world.sh(as, look)];
    assert.equal(is, was);
    assert.match(is, /a\/one regular file 640 1700000000/);
    assert.deepEqual(await world.driver.backups?.check({ service: as }, patience()), []);
  });

  it('hold of a later one only what has changed, and all of it comes back', async (t) => {
    await begin(t);
    await sh('for i in 1 2 3 4 5 6 7 8; do head -c 20000 /dev/urandom > uploads/$i; done');
    await settle();
    const first = await copy('1');
    assert.equal(contentBytes(first), 160_000);
    await sh('printf new > uploads/new; printf changed > uploads/3; rm uploads/4; mv uploads/5 uploads/five');
    await settle();
    const second = await copy('2', first);
    assert.deepEqual(second.facts.bases, ['1']);
    // A file with another name is another file to whoever goes by names.
    assert.equal(contentBytes(second), 3 + 7 + 20_000);
    const third = await copy('3', second);
    assert.equal(contentBytes(third), 0);
    assert.deepEqual(third.facts.bases, ['1', '2']);
    const hashes = 'cd uploads && sha256sum *';
    assert.equal(await world.sh(await restore(third), hashes), await sh(hashes));
    assert.equal(await world.driver.backups?.ask({ service, query: 'uploads' }, patience()), '8');
  });

  it('read again what was written a moment before, though its times may be the same', async (t) => {
    await begin(t);
    await sh('printf one > uploads/a');
    const first = await copy('1');
    const second = await copy('2', first);
    assert.equal(contentBytes(second), 3, 'it is not known whether it has changed since');
  });

  it('give up a base of which less than half is used, so that it can be deleted', async (t) => {
    await begin(t);
    await sh('for i in 1 2 3 4 5; do head -c 10000 /dev/urandom > uploads/$i; done');
    await settle();
    const first = await copy('1');
    await sh('rm uploads/1 uploads/2 uploads/3');
    await settle();
    const second = await copy('2', first);
    assert.deepEqual(second.facts.bases, ['1']);
    const third = await copy('3', second);
    assert.deepEqual([third.facts.bases, contentBytes(third)], [[], 20_000]);
    taken.delete('1');
    const hashes = 'cd uploads && sha256sum *';
    assert.equal(await world.sh(await restore(third), hashes), await sh(hashes));
  });

  it('read a file that changes meanwhile again, and say so when it never stands still', async (t) => {
    await begin(t);
    await sh('head -c 3000000 /dev/zero > uploads/big');
    const { path = '' } = await world.driver.connection({ service });
    // Each reading is longer than what lies between who reads and who takes it: each part is taken in the midst of one.
    const { facts } = await copy('1', undefined, () => appendFileSync(join(path, 'uploads/big'), 'x'));
    assert.match(facts.remarks?.join() ?? '', /uploads\/big changed while it was read, 3 times/);
    assert.equal(contentBytes(taken.get('1') ?? assert.fail()) > 6_000_000, true, 'it was read several times');
  });

  it('say what the service itself may not read, and go on', { skip: !asRoot && 'needs root' }, async (t) => {
    await begin(t);
    await sh('printf a > uploads/a && printf b > uploads/b && chmod 000 uploads/a');
    const made = await copy('1');
    assert.deepEqual(made.facts.lacks, ["uploads/a can't be read by its own user"]);
    assert.equal(await world.sh(await restore(made), 'ls uploads'), 'b\n');
  });

  it('follow no link out of the volumes, whenever it was put there', { skip: !asRoot && 'needs root' }, async (t) => {
    await begin(t);
    await sh('ln -s /etc uploads/etc && ln -s /etc/shadow uploads/shadow && mkdir uploads/d && printf x > uploads/d/x');
    const made = await copy('1');
    assert.deepEqual(
      entriesOf(made).map(({ kind, path }) => `${kind} ${path}`),
      ['folder uploads', 'folder uploads/d', 'file uploads/d/x', 'link uploads/etc', 'link uploads/shadow'],
    );
  });

  it('of which a byte is another are found by their hash, and make no store', async (t) => {
    await begin(t);
    await sh('printf sound > uploads/a');
    const made = await copy('1');
    made.bytes[0] = (made.bytes[0] ?? 0) ^ 1;
    await assert.rejects(restore(made), { code: 'damaged', message: /uploads\/a is not what was copied/ });
    assert.notEqual((await world.driver.observe())[`branch.${service}`]?.kind, 'ready');
  });

  it('are told apart from what they became on the disk', async (t) => {
    await begin(t);
    await sh('printf a > uploads/a && printf b > uploads/b');
    const as = await restore(await copy('1'));
    await world.sh(as, 'printf c > uploads/a && rm uploads/b');
    assert.deepEqual(await world.driver.backups?.check({ service: as }, patience()), [
      'uploads/a is not what was copied',
      'uploads/b is missing',
    ]);
  });
});
