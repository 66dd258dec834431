import assert from 'node:assert/strict';
import { chmod, cp, lstat, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { lsnOf, lsnText, parseLsn, parseSize, positionOf, segmentName, segmentStart } from '../src/backup/lsn.ts';
import { findPackage, usableBinaries } from '../src/binaries.ts';
import { parseStoreUrl } from '../src/external-url.ts';
import { createExternal } from '../src/index.ts';
import { storeName } from '../src/names.ts';
import { scramVerifier } from '../src/scram.ts';
import { patience } from './harness.ts';

describe('the name of a store', () => {
  const rows: readonly [string, string][] = [
    ['orders', 'orders'],
    ['order-history', 'order_history'],
    ['postgres', 'svc_postgres'],
    ['islet', 'svc_islet'],
    ['pg-proxy', 'svc_pg_proxy'],
    ['public', 'svc_public'],
  ];
  for (const [service, name] of rows) {
    it(`of ${service} is ${name}`, () => assert.equal(storeName(service), name));
  }
});

it('a verifier is that of the example in RFC 7677', () => {
  assert.equal(
    scramVerifier('pencil', Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64')),
    'SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$' +
      'WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=',
  );
});

describe('the URL of an outside store', () => {
  it('is taken apart, escapes and default port included', () => {
    const url = 'postgresql://app:p%40ss@[::1]/shop?sslmode=require';
    assert.deepEqual(parseStoreUrl('orders', url), {
      url,
      host: '::1',
      port: 5432,
      user: 'app',
      password: 'p@ss',
      name: 'shop',
      path: undefined,
    });
  });

  const wrong: readonly [string | undefined, RegExp][] = [
    [undefined, /is missing/],
    ['hunter2', /is no URL/],
    ['file:///hunter2', /names no host/],
    ['smtp://user:hunter2@host/', /names no port/],
    ['postgres://user:hunter2%@host/', /begins no escape/],
  ];
  for (const [url, message] of wrong) {
    it(`that ${message.source} is refused, and not repeated`, () => {
      assert.throws(
        () => parseStoreUrl('orders', url),
        (error: Error & { code?: string }) => {
          assert.equal(error.code, 'refused');
          assert.match(error.message, message);
          assert.doesNotMatch(`${error.stack} ${JSON.stringify(error)}`, /hunter2/);
          return true;
        },
      );
    });
  }

  it("that can't be reached is unavailable, with the place and without the password", async () => {
    for (const scheme of ['postgres', 'redis']) {
      const provisioning = createExternal().provision(
        { service: 'orders', url: `${scheme}://app:hunter2@127.0.0.1:1/shop` },
        patience(),
      );
      await assert.rejects(provisioning, (error: Error & { code?: string; hint?: string }) => {
        assert.equal(error.code, 'unavailable');
        assert.match(error.message, /ECONNREFUSED/);
        assert.match(error.hint ?? '', /127\.0\.0\.1:1/);
        assert.doesNotMatch(`${error.stack} ${error.hint} ${JSON.stringify(error)}`, /hunter2/);
        return true;
      });
    }
  });
});

describe('the binaries', () => {
  const asRoot = process.getuid?.() === 0;
  const user = asRoot ? { name: 'nobody', uid: 65_534, gid: 65_534 } : undefined;

  it('get the links that npm did not make', async (t) => {
    const root = await mkdtemp(join(tmpdir(), 'islet-binaries-'));
    t.after(() => rm(root, { recursive: true }));
    const { native } = await findPackage();
    const bare = join(root, 'native');
    await cp(native, bare, { recursive: true, filter: isNoLink });
    const request = { native: bare, version: '1', tools: join(root, 'tools'), user: undefined, ...patience() };
    assert.equal(await usableBinaries(request), bare);
  });

  it(
    'are copied once when the user of a server is kept out of their folder',
    { skip: !asRoot && 'needs root' },
    async (t) => {
      const root = await mkdtemp(join(tmpdir(), 'islet-binaries-'));
      t.after(() => rm(root, { recursive: true }));
      await chmod(root, 0o711);
      const home = join(root, 'home');
      await mkdir(home, { mode: 0o700 });
      const { native } = await findPackage();
      await cp(native, join(home, 'native'), { recursive: true, verbatimSymlinks: true });
      const request = { native: join(home, 'native'), version: '1', tools: join(root, 'tools'), user, ...patience() };
      const used = await usableBinaries(request);
      assert.equal(used, join(root, 'tools', 'postgres-1', 'native'));
      assert.equal(await usableBinaries(request), used);
    },
  );

  it('that nobody can run are refused with a remedy', async (t) => {
    const root = await mkdtemp(join(tmpdir(), 'islet-binaries-'));
    t.after(() => rm(root, { recursive: true }));
    await mkdir(join(root, 'native'));
    const request = { native: join(root, 'native'), version: '1', tools: join(root, 'tools'), user, ...patience() };
    await assert.rejects(usableBinaries(request), { code: 'unsupported', hint: /outside server/ });
  });
});

async function isNoLink(path: string): Promise<boolean> {
  return !(await lstat(path)).isSymbolicLink();
}

describe('a place in the log', () => {
  it('is read as PostgreSQL writes it, and sorts as text', () => {
    for (const text of ['0/0', '0/1000028', '16/B374D848', 'FFFFFFFF/FFFFFFFF']) {
      assert.equal(lsnText(parseLsn(text)), text);
      assert.equal(lsnOf(positionOf(parseLsn(text))), parseLsn(text));
    }
    assert.ok(positionOf(parseLsn('0/FFFFFFFF')) < positionOf(parseLsn('1/0')));
    assert.throws(() => parseLsn('0-1'));
  });

  it('lies in a file with the name that the server gives it', () => {
    const segmentBytes = 16 * 1024 * 1024;
    const name = (lsn: string) =>
      segmentName({ timeline: 2, start: segmentStart(parseLsn(lsn), segmentBytes), segmentBytes });
    assert.equal(name('0/1000028'), '000000020000000000000001');
    assert.equal(name('0/FFFFFFFF'), '0000000200000000000000FF');
    assert.equal(name('1/0'), '000000020000000100000000');
    assert.equal(parseSize('16MB'), segmentBytes);
  });
});
