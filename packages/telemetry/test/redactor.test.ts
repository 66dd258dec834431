import assert from 'node:assert/strict';
import { test } from 'node:test';
import { redactor } from '../src/redactor.ts';

const KEY = '-----BEGIN KEY-----\r\nMIIEvQIBADANBg\r\n-----END KEY-----\r\n';

for (const { rule, secret, printed } of [
  { rule: 'as it is', secret: 's3cret-value', printed: 'it is s3cret-value!' },
  { rule: 'in an address', secret: 'p@ss/word#1', printed: `it is ${encodeURIComponent('p@ss/word#1')}!` },
  { rule: 'in base64', secret: 'user:s3cret-value', printed: `it is ${btoa('user:s3cret-value')}!` },
  { rule: 'in JSON', secret: 'pa"ss\\word', printed: JSON.stringify({ it: 'is pa"ss\\word' }) },
  { rule: 'one line of it', secret: KEY, printed: 'it is MIIEvQIBADANBg!' },
  {
    rule: 'by the password of its URL',
    secret: 'postgres://shop:my%20word@db:5432/shop',
    printed: 'PGPASSWORD=my word',
  },
  { rule: 'by that as it stands there', secret: 'amqp://shop:my%20word@mq:5672/', printed: 'shop:my%20word@mq' },
  { rule: 'all its lines in JSON', secret: KEY, printed: JSON.stringify({ it: KEY }) },
]) {
  test(`a secret is taken out ${rule}`, () => {
    const text = redactor([secret])(printed);
    assert.match(text, /\[redacted\]/);
    assert.doesNotMatch(text, /s3cret|word|MIIE|s3cret-value/);
  });
}

test('what is too short to be told from a word is left', () => {
  assert.equal(redactor(['a'])('a word'), 'a word');
});
