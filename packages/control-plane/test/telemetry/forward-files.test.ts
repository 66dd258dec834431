import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { ForwardSpec } from '@islet/spec';
import { makeAuthority } from '../../src/development/x509.ts';
import { usableForwards } from '../../src/telemetry/forward-files.ts';

const BACKEND: ForwardSpec = {
  url: 'https://otel.example.com',
  protocol: 'http',
  headers: {},
  signals: ['logs'],
  compression: 'gzip',
  timeoutMs: 1_000,
};

describe("a backend's file of authorities", async () => {
  const folder = mkdtempSync(join(tmpdir(), 'islet-forward-files-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const { cert } = await makeAuthority('test', { now: Date.now(), forMs: 86_400_000 });
  const used = (ca: string) => usableForwards({ forward: [BACKEND, { ...BACKEND, ca }] }, folder).forward;

  it("is named from the root, where it is told relative to the system's folder", () => {
    writeFileSync(join(folder, 'ca.pem'), cert);
    assert.deepEqual(used('ca.pem'), [BACKEND, { ...BACKEND, ca: join(folder, 'ca.pem') }]);
  });

  it('may hold several', () => {
    writeFileSync(join(folder, 'two.pem'), `# ours\n${cert}\n${cert}`);
    assert.equal(used('two.pem')?.[1]?.ca, join(folder, 'two.pem'));
  });

  for (const { what, text, why } of [
    { what: 'is not there', text: undefined, why: /ENOENT/ },
    { what: 'is a key', text: '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n', why: /no certificate/ },
    {
      what: 'is no certificate inside',
      text: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
      why: /can't be read as certificates/,
    },
  ]) {
    it(`is refused where it ${what}`, () => {
      if (text !== undefined) writeFileSync(join(folder, 'bad.pem'), text);
      assert.throws(() => used(text === undefined ? 'none.pem' : 'bad.pem'), why);
    });
  }

  it('is nothing for who forwards nothing', () => {
    assert.deepEqual(usableForwards({}, folder), {});
  });
});
