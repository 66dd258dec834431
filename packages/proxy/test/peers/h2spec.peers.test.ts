import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { httpInstance, world } from '../world.ts';
import { buildGo, type GoProgram } from './go-program.ts';

let program: GoProgram;
before(async () => {
  program = await buildGo('github.com/summerwind/h2spec/cmd/h2spec');
});
after(() => program.remove());

/**
 * What h2spec wants and the proxy does otherwise. The codec's way, on purpose: frames that may have been under way when a stream
 * ended are dropped without a word, priorities, which RFC 9113 took back, are not read, and two mistakes of a client end its
 * connection rather than a stream. The proxy's own: what is no preface is HTTP/1.1 on this port, and answered with a 400.
 */
const EXCEPTIONS: readonly string[] = [
  'http2/3.5: Sends invalid connection preface',
  'http2/5.1: closed: Sends a DATA frame after sending RST_STREAM frame',
  'http2/5.1: closed: Sends a HEADERS frame after sending RST_STREAM frame',
  'http2/5.1: closed: Sends a DATA frame',
  'http2/5.1: closed: Sends a HEADERS frame',
  'http2/5.1.1: Sends stream identifier that is numerically smaller than previous',
  'http2/5.3.1: Sends PRIORITY frame that depend on itself',
  'http2/6.3: Sends a PRIORITY frame with 0x0 stream identifier',
  'http2/6.7: Sends a PING frame with ACK',
  'http2/6.9.1: Sends multiple WINDOW_UPDATE frames increasing the flow control window to above 2^31-1 on a stream',
];

/** It sends a request's end, then more: where the answer came in between, the stream is closed, and this an exception above. */
const RACE = 'http2/5.1: half closed (remote): Sends a DATA frame';

test('h2spec finds nothing but what is known and harmless', async (t) => {
  const instance = await httpInstance(t, (request, response) => {
    request.resume().on('end', () => response.end('ok'));
  });
  const { edge, plane } = await world(t, [instance]);
  const report = `${program.path}.xml`;
  const args = ['-h', '127.0.0.1', '-p', String(edge), '-o', '2', '-j', report];
  await new Promise<void>((resolve) => execFile(program.path, args, () => resolve()));
  const { total, failed } = readReport(await readFile(report, 'utf8'));
  assert.ok(total > 140, `${total} cases were played`);
  assert.deepEqual(failed.filter((name) => name !== RACE).toSorted(), EXCEPTIONS.toSorted());
  assert.equal(plane.readStats().unexpected, 0);
});

/** Cases and failures of a report in JUnit's format. */
function readReport(xml: string): { readonly total: number; readonly failed: readonly string[] } {
  const cases = [...xml.matchAll(/<testcase package="([^"]*)" classname="([^"]*)"[^>]*>([\s\S]*?)<\/testcase>/g)];
  const failed = cases.flatMap(([, section, name, rest = '']) =>
    /<(failure|error)/.test(rest) ? [`${section}: ${name}`] : [],
  );
  return { total: cases.length, failed };
}
