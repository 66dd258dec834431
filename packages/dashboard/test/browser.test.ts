import assert from 'node:assert/strict';
import { it } from 'node:test';
import { browserText } from '../app/model/browser.ts';

const WEBKIT = 'AppleWebKit/537.36 (KHTML, like Gecko)';
for (const [agent, text] of [
  [`Mozilla/5.0 (X11; Linux x86_64) ${WEBKIT} Chrome/142.0.0.0 Safari/537.36`, 'Chrome on Linux'],
  [`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${WEBKIT} Chrome/142.0.0.0 Safari/537.36 Edg/142.0`, 'Edge on Windows'],
  ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:145.0) Gecko/20100101 Firefox/145.0', 'Firefox on macOS'],
  [`Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) ${WEBKIT} Version/18.5 Safari/604.1`, 'Safari on iPhone'],
  [`Mozilla/5.0 (Linux; Android 16) ${WEBKIT} Chrome/142.0 Mobile Safari/537.36`, 'Chrome on Android'],
  ['curl/8.14.1', 'curl/8.14.1'],
  ['', 'A browser'],
] as const) {
  it(`calls a browser ${text}`, () => assert.equal(browserText(agent), text));
}
