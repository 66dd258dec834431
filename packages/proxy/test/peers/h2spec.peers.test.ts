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

/** What h2spec wants and the proxy does otherwise: what is no preface is HTTP/1.1 on this port, and answered with a 400. */
const EXCEPTIONS: readonly string[] = ['http2/3.5: Sends invalid connection preface'];

test('h2spec finds nothing but that the port takes HTTP/1.1 too', async (t) => {
  const instance = await httpInstance(t, (request, response) => {
    request.resume().on('end', () => response.end('ok'));
  });
  const { edge, plane } = await world(t, [instance]);
  const report = `${program.path}.xml`;
  const args = ['-h', '127.0.0.1', '-p', String(edge), '-o', '2', '-j', report];
  await new Promise<void>((resolve) => execFile(program.path, args, () => resolve()));
  const { total, failed } = readReport(await readFile(report, 'utf8'));
  assert.ok(total > 140, `${total} cases were played`);
  assert.deepEqual(failed, EXCEPTIONS);
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
