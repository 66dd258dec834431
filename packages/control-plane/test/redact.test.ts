import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { redactor } from '@islet/telemetry';
import fc from 'fast-check';

const SECRET = 'p@ss word/42?&=';

describe('redaction', () => {
  const redact = redactor([SECRET, 'abc']);

  for (const [how, text] of [
    ['as it is', `login with ${SECRET} failed`],
    ['URL-encoded', `postgres://u:${encodeURIComponent(SECRET)}@host/db`],
    ['in base64', `Authorization: ${Buffer.from(SECRET).toString('base64')}`],
    ['in URL-safe base64', Buffer.from(`??${SECRET}??`).toString('base64url')],
  ] as const) {
    it(`finds a secret ${how}`, () => {
      const clean = redact(text);
      assert.ok(clean.includes('[redacted]'), clean);
      assert.ok(!clean.includes(SECRET));
    });
  }

  it('leaves other text alone, and values too short to be secrets', () => {
    assert.equal(redact('abc is the alphabet'), 'abc is the alphabet');
  });

  it('finds a secret in base64 of anything that holds it', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 12, unit: 'grapheme-ascii' }),
        fc.string(),
        fc.string(),
        (secret, before, after) => {
          const text = Buffer.from(before + secret + after).toString('base64');
          assert.ok(redactor([secret])(text).includes('[redacted]'));
        },
      ),
    );
  });

  it('never throws on a secret full of special characters', () => {
    fc.assert(fc.property(fc.string(), fc.string(), (secret, text) => typeof redactor([secret])(text) === 'string'));
  });
});
