import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { resolveProgram } from '@islet/supervise';
import { makeSystem } from './support/system.ts';

/** What a template's language needs of the machine; one that lacks it has its service blocked, not up. */
const NEEDS = { ts: [], python: ['python3'], go: ['go'], java: ['java', 'javac'] };

test('a system from nothing, with a new service of each language, passes its tests, is up by one command and answers', async () => {
  await using system = await makeSystem({ empty: true });
  const init = await system.islet('init');
  assert.equal(init.code, 0, init.stderr);
  const file = readFileSync(join(system.folder, 'islet.yaml'), 'utf8');
  system.write('islet.yaml', file.replace(/port: \d+/, `port: ${system.port}`));
  assert.equal((await system.islet('init')).code, 2, 'nothing is overwritten');

  const present = Object.entries(NEEDS).filter(([, programs]) =>
    programs.every((program) => resolveProgram(program, process.env.PATH ?? '') !== undefined),
  );
  for (const [lang] of present) {
    const { code, stderr } = await system.islet('new', 'service', `in-${lang}`, '--lang', lang);
    assert.equal(code, 0, stderr);
  }
  assert.equal((await system.islet('check')).code, 0);
  await system.up();
  assert.equal((await system.get('/')).status, 200);
  for (const [lang] of present) assert.equal((await system.get(`/in-${lang}/`)).status, 200, `the one in ${lang}`);
  const tests = await system.islet('test');
  assert.equal(tests.code, 0, tests.stdout + tests.stderr);
});
