import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ROOT } from '../repository.ts';

test('runs the heavier tiers that have tests, and the everyday tests last', (t) => {
  const { status, calls } = run(t, { tests: ['a.faults.test.ts', 'a.packed.test.ts'], failing: 'none' });
  assert.deepEqual([status, calls], [0, ['test faults', 'test packed', 'test']]);
});

test('tells at the end what passed only when it was run again, and what was left running', (t) => {
  const { status, stdout } = run(t, { tests: ['a.faults.test.ts'], failing: 'none', unstable: 'test faults' });
  assert.equal(status, 0);
  assert.match(
    stdout,
    /\nci: passed only when it was run again: faults\nunstable: a.test.ts\n[\s\S]*\nci: left running: 7 x\nℹ tests 1\n$/,
  );
});

for (const failing of ['test faults', 'test']) {
  test(`fails when "islet ${failing}" fails, after all has run, and says why before the last summary`, (t) => {
    const { status, calls, stdout } = run(t, { tests: ['a.faults.test.ts'], failing });
    assert.deepEqual([status, calls], [1, ['test faults', 'test']]);
    const tier = failing === 'test' ? 'everyday' : 'faults';
    assert.match(
      stdout,
      new RegExp(`\nci: failed: ${tier}: exit 1 .*\n✖ failing tests:\nof ${failing}\n(ℹ tests 1\n)+$`),
    );
  });
}

test('installs only the tools that are missing, and says when it can’t', (t) => {
  const { status, calls, stdout } = run(t, { tests: [], failing: 'none', without: 'javac' });
  assert.deepEqual([status, calls], [1, ['test']]);
  assert.match(stdout, /apt-get update -q|missing, and only root can install: default-jdk-headless/);
});

/** Runs .ci/run in a repository whose `islet` notes its calls, with stand-ins for the tools and for apt. */
function run(
  t: TestContext,
  options: { tests: readonly string[]; failing: string; unstable?: string; without?: string },
) {
  const root = mkdtempSync(join(tmpdir(), 'ci test '));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const file = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text, { mode: 0o755 });
  };
  const script = readFileSync(join(ROOT, '.ci/run'), 'utf8');
  // Files that it looks for are this machine's: here only commands stand for what is needed.
  file('.ci/run', script.replaceAll(/^ {2}\/\S+\n/gm, ''));
  const fail = 'printf \'✖ failing tests:\\nof %s\\n\' "$*"; [ "$*" != test ] || echo \'ℹ tests 1\'; exit 1';
  const pass = '[ "$*" != test ] || echo \'ℹ tests 1\'';
  const again = `[ "$*" != '${options.unstable}' ] || printf 'unstable: a.test.ts\nleft running: 7 x\n'\n`;
  file(
    'islet',
    `#!/bin/sh\necho "$*" >>calls\nif [ "$*" = '${options.failing}' ]; then ${fail}; fi\n${again}${pass}\n`,
  );
  for (const tool of neededBy(script)) if (tool !== options.without) file(`bin/${tool}`, '#!/bin/sh\n');
  file('bin/apt-get', '#!/bin/sh\necho "apt-get $*" >&2\nexit 1\n');
  for (const path of options.tests) file(path, '');
  for (const args of [
    ['init', '-q'],
    ['add', '.'],
  ])
    spawnSync('git', args, { cwd: root });
  const env = { PATH: `${join(root, 'bin')}:${toolsOnly(root)}` };
  const { status, stdout } = spawnSync(join(root, '.ci/run'), { cwd: '/', env, encoding: 'utf8' });
  return { status, stdout, calls: readFileSync(join(root, 'calls'), 'utf8').trim().split('\n') };
}

/** The commands of `NEEDED`, a line each: `command:package`. */
function neededBy(script: string): readonly string[] {
  const block = /^readonly NEEDED=\(\n([\s\S]*?)^\)/m.exec(script)?.[1] ?? '';
  return [...block.matchAll(/^ {2}([\w.-]+):/gm)].flatMap(([, command]) => command ?? []);
}

/** Only what the script itself needs, so that the languages of this machine are out of sight. */
function toolsOnly(root: string): string {
  const folder = join(root, 'tools');
  mkdirSync(folder);
  for (const tool of ['bash', 'dirname', 'git', 'grep', 'head', 'mktemp', 'rm', 'sed', 'sh', 'tail', 'timeout']) {
    const path = spawnSync('sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).stdout.trim();
    writeFileSync(join(folder, tool), `#!/bin/sh\nexec '${path}' "$@"\n`, { mode: 0o755 });
  }
  return folder;
}
