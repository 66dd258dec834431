import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { DriverError } from '@islet/driver';
import type { BackupHarness, BackupTraits } from '@islet/driver/conformance';
import { keepStore } from '../keep/keep-store.ts';
import type { StoreTold } from '../keep/order.ts';
import { verifyVault } from '../verify.ts';
import { openTestVault, orderOf, type TestVault } from './vault.ts';

const HARMS = 200;
/** Reading all of a backup takes its time. */
const VERIFY_EVERY = 40;
const DISK_BYTES = 64 * 1024 * 1024;
const DEADLINE_MS = 60_000;
/** Of a log that is followed. */
const SEVERAL_LOOKS_MS = 1_500;

/** What holds of the backups of every engine, on a real server and a real disk. Root makes the disk. */
export function backupProofs(name: string, make: () => Promise<BackupHarness>, { words }: BackupTraits): void {
  describe(`${name}: backups`, () => {
    const service = 'proved';
    const branch = 'branch.proved';
    let harness: BackupHarness;
    let root: string;
    let added = 0;
    const options = () => ({ signal: AbortSignal.timeout(DEADLINE_MS) });
    const add = async (count = 1) => {
      for (let index = 0; index < count; index++) await harness.query(service, words.add(++added));
    };
    const keep = async (t: TestContext, vault: TestVault, tell?: (told: StoreTold) => void) => {
      const source = await harness.driver.backups?.source({ service }, options());
      assert.ok(source);
      const stop = new AbortController();
      const keeper = keepStore(orderOf(service, source), vault.parts(harness.reader, tell), { signal: stop.signal });
      const end = async () => {
        stop.abort();
        await keeper.ended.catch(() => {});
      };
      t.after(end);
      return { ask: () => keeper.ask(Date.now()), end };
    };
    const remove = async (store: string) => {
      await harness.driver.stop({ service: store }, options());
      await harness.driver.purge({ service: store }, options());
    };
    const restored = async (vault: TestVault) => {
      await harness.request(branch);
      try {
        await vault.restore(harness.driver, branch, { kind: 'latest' });
        return (await harness.query(branch, words.read)).length;
      } finally {
        await remove(branch);
      }
    };
    const readOne = async (vault: TestVault, path: string) =>
      (await vault.open()).get(relative(vault.folder, path), options());
    const isFound = async (vault: TestVault) => {
      const verified = await findingsOf(vault).catch((error: unknown) => {
        assert.ok(isDamage(error), String(error));
      });
      return verified === undefined || verified.findings.length + verified.unfinished.length > 0;
    };
    const findingsOf = async (vault: TestVault) => verifyVault(await vault.open(), options());

    before(async () => {
      harness = await make();
      root = mkdtempSync(join(tmpdir(), 'islet-proofs-'));
      await harness.driver.provision(await harness.request(service), options());
      if (words.make !== undefined) await harness.query(service, words.make);
      await add(5);
    });
    after(async () => {
      await remove(service);
      await harness.close();
      rmSync(root, { recursive: true });
    });

    it(`in which a bit was flipped, or an end cut off, at ${HARMS} places are never taken for sound`, async (t) => {
      const vault = openTestVault(join(root, 'sound'), service);
      const keeper = await keep(t, vault);
      await vault.until(() => true);
      const writtenAt = Date.now();
      for (let round = 0; round < 4; round++) {
        await add();
        await pause(400);
      }
      if (harness.reader.follow === undefined) keeper.ask();
      await vault.until(({ to }) => to > writtenAt);
      await keeper.end();
      assert.deepEqual((await findingsOf(vault)).findings, []);
      const files = readdirSync(vault.folder, { recursive: true, encoding: 'utf8' })
        .map((path) => join(vault.folder, path))
        .filter((path) => statSync(path).isFile());
      for (let harm = 0; harm < HARMS; harm++) {
        const path = files[randomInt(files.length)] ?? '';
        const sound = readFileSync(path);
        const at = randomInt(sound.length);
        const flipped = Buffer.from(sound);
        flipped[at] = (flipped[at] ?? 0) ^ (1 << randomInt(8));
        const isCut = harm % 2 === 1;
        writeFileSync(path, isCut ? sound.subarray(0, at) : flipped);
        const where = `${isCut ? 'a cut' : 'a flipped bit'} at ${at} of ${path}`;
        // Whoever uses it reads it in this way.
        await assert.rejects(readOne(vault, path), isDamage, where);
        if (harm % VERIFY_EVERY === 0) assert.ok(await isFound(vault), where);
        writeFileSync(path, sound);
      }
      assert.deepEqual((await findingsOf(vault)).findings, []);
      assert.equal(await restored(vault), added);
    });

    it('offer nothing that a full disk has cut off, and go on when there is room again', async (t) => {
      if (process.getuid?.() !== 0) return t.skip('only root makes a disk of its own');
      const disk = join(root, 'disk');
      mkdirSync(disk);
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES}`, 'islet-proofs', disk]);
      t.after(() => execFileSync('umount', ['--lazy', disk]));
      const vault = openTestVault(disk, service);
      let told: StoreTold | undefined;
      const keeper = await keep(t, vault, (news) => {
        told = news;
      });
      const until = async (what: string, holds: () => boolean) => {
        for (const { signal } = options(); !holds(); await pause(50)) {
          if (signal.aborted) throw new Error(`it never came about that ${what}: ${JSON.stringify(told)}`);
        }
      };
      await until('the first copy is whole, and its log followed', () => told?.last !== undefined);
      const followedAt = Date.now();
      await add(3);
      if (harness.reader.follow !== undefined) await vault.until(({ to }) => to > followedAt);
      const ballast = join(disk, 'ballast');
      const { bavail, bsize } = statfsSync(disk);
      writeFileSync(ballast, Buffer.alloc(bavail * bsize, 1));
      const stored = (await vault.offers()).length;
      keeper.ask();
      await until('the copy fails', () => told?.copy.kind === 'failed');
      assert.match(JSON.stringify(told?.copy), /no-space/);
      if (harness.reader.follow !== undefined) {
        for (let round = 0; told?.log.kind !== 'waiting'; round++) {
          assert.ok(round < 2_000, `the disk is never full: ${JSON.stringify(told)}`);
          await add(5);
          // An engine's query may be done at once: whoever follows needs a turn of the loop.
          await pause(1);
        }
      }
      await add(3);
      const full = await findingsOf(vault);
      assert.deepEqual(full.findings, []);
      assert.equal((await vault.offers()).length, stored);
      rmSync(ballast);
      const roomAt = Date.now();
      keeper.ask();
      await until('a copy is whole', () => (told?.last?.startedAt ?? 0) >= roomAt);
      const lastAt = Date.now();
      await add();
      if (harness.reader.follow === undefined) keeper.ask();
      await vault.until(({ to }) => to > lastAt);
      // A look between that instant and the commit says as much; the next ones have the commit.
      await pause(SEVERAL_LOOKS_MS);
      await keeper.end();
      assert.deepEqual((await findingsOf(vault)).findings, []);
      assert.equal(await restored(vault), added);
      // Nothing was lost meanwhile: what was there before the disk was full can be rolled forward over it.
      const [first] = await vault.offers();
      if (harness.reader.follow !== undefined) assert.ok((first?.to ?? 0) > lastAt);
    });
  });
}

function isDamage(error: unknown): boolean {
  return error instanceof DriverError && ['damaged', 'not-found'].includes(error.code);
}
