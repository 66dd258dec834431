import assert from 'node:assert/strict';
import { test } from 'node:test';
import { banned } from '../../tidy/banned.ts';
import { repository } from './repository.ts';

const PURE = 'packages/policy/src/a.ts';
const OTHER = 'packages/proxy/src/a.ts';
const TEST = 'packages/proxy/test/a.test.ts';
// In two parts, since these rules read this file too.
const note = ['TO', 'DO'].join('');
const ignore = ['@ts', 'ignore'].join('-');

for (const { path, text, rule } of [
  { path: PURE, text: 'Date.now()', rule: 'pure-clock' },
  { path: PURE, text: 'new Date()', rule: 'pure-clock' },
  { path: PURE, text: 'Math.random()', rule: 'pure-dice' },
  { path: PURE, text: 'setTimeout(f, 1)', rule: 'pure-timers' },
  { path: PURE, text: 'process.env.A', rule: 'pure-process' },
  { path: PURE, text: "import { readFileSync } from 'node:fs';", rule: 'pure-effects' },
  { path: 'packages/plan/src/a.ts', text: 'Date.now()', rule: 'pure-clock' },
  { path: 'packages/spec/src/a.ts', text: "import 'node:fs/promises';", rule: 'pure-effects' },
  { path: OTHER, text: 'console.log(1)', rule: 'console' },
  { path: OTHER, text: "execSync('ls')", rule: 'blocking-shell' },
  { path: OTHER, text: 'if (existsSync(path)) {\n  return readFileSync(path);\n}', rule: 'check-then-use' },
  { path: TEST, text: "test.skip('a', f)", rule: 'skipped-test' },
  { path: TEST, text: "test.only('a', f)", rule: 'skipped-test' },
  { path: TEST, text: "test('a', { skip: true }, f)", rule: 'skipped-test' },
  { path: TEST, text: 'if (isMac) return t.skip();', rule: 'skipped-test' },
  { path: TEST, text: "test('a', { todo: 'later' }, f)", rule: 'skipped-test' },
  { path: OTHER, text: `// ${note}: all of it`, rule: 'unfinished' },
  { path: OTHER, text: 'f(x as any)', rule: 'any' },
  { path: OTHER, text: `// ${ignore}`, rule: 'ignored-type' },
  { path: OTHER, text: '  ...{ a, b },', rule: 'spread-literal' },
]) {
  test(`bans ${text.split('\n')[0]} in ${path}, and says what instead`, () => {
    const found = banned(repository({ [path]: `\n${text}\n` }));
    assert.deepEqual(
      found.map(({ path, line, rule }) => ({ path, line, rule })),
      [{ path, line: 2, rule }],
    );
    assert.ok(found.every(({ message, remedy }) => message !== '' && remedy !== ''));
  });
}

for (const { path, text } of [
  { path: PURE, text: 'new Date(now)' },
  { path: PURE, text: "import { posix } from 'node:path/posix';" },
  { path: PURE, text: '// unlike Date.now(), and console.log()' },
  { path: PURE, text: "const text = 'setTimeout(f, 1)';" },
  { path: OTHER, text: 'Date.now()' },
  { path: 'packages/spec/src/node-files.ts', text: "import 'node:fs';" },
  { path: 'packages/cli/src/a.ts', text: 'console.log(1)' },
  { path: OTHER, text: 'existsSync(a); readFileSync(b);' },
  { path: OTHER, text: 'function a() {\n  existsSync(path);\n}\nfunction b() {\n  openSync(path);\n}' },
  { path: 'packages/proxy/src/main.ts', text: 'console.error(1)' },
  { path: TEST, text: 'console.log(1)' },
  { path: TEST, text: "if (!isRoot) return t.skip('not root: all services run as one user');" },
  { path: TEST, text: "test('a', { skip: !isLinux && 'cgroups are of Linux' }, f)" },
  { path: 'examples/shop/a.ts', text: 'console.log(Date.now())' },
]) {
  test(`allows ${text.split('\n')[0]} in ${path}`, () => assert.deepEqual(banned(repository({ [path]: text })), []));
}
