import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { packAll, publicPackages } from '../pack.ts';
import { listFiles, ROOT } from '../repository.ts';
import { controlPlanePid, untilRevived, writeSystem } from './pack-system.ts';

/** An empty folder outside the repository, with the packed packages installed as a user would. */
const home = mkdtempSync(join(tmpdir(), 'packed packages '));
const packages = publicPackages(listFiles());

before(async () => {
  const tarballs = await packAll({ out: join(home, 'tarballs') });
  assert.equal(tarballs.length, packages.length);
  writeFileSync(join(home, 'package.json'), JSON.stringify({ name: 'somebody', private: true, type: 'module' }));
  run('npm', ['install', ...tarballs, '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error']);
});
after(() => rmSync(home, { recursive: true, force: true }));

const entries = packages.flatMap(({ manifest }) =>
  Object.keys(manifest.exports ?? {}).map((entry) => manifest.name + entry.slice(1)),
);
const programs = entries.filter((entry) => entry.endsWith('/main'));
const libraries = entries.filter((entry) => !programs.includes(entry) && !entry.endsWith('.json'));

for (const entry of libraries) {
  test(`${entry} can be imported`, () => {
    run(process.execPath, ['--input-type=module', '-e', `await import('${entry}')`]);
  });
}

for (const entry of programs) {
  test(`${entry} leads to a program`, () => {
    const script = `process.stdout.write(fileURLToPath(import.meta.resolve('${entry}')))`;
    const path = run(process.execPath, [
      '--input-type=module',
      '-e',
      `import { fileURLToPath } from 'node:url';${script}`,
    ]);
    assert.ok(existsSync(path), path);
    run(process.execPath, ['--check', path]);
  });
}

test('declarations say all that a user’s compiler needs', () => {
  const uses = libraries.map((entry, index) => `import * as package${index} from '${entry}';\nvoid package${index};`);
  writeFileSync(join(home, 'use.ts'), uses.join('\n'));
  symlinkSync(join(ROOT, 'node_modules/@types'), join(home, 'types'));
  const compilerOptions = {
    module: 'nodenext',
    target: 'es2024',
    strict: true,
    noEmit: true,
    typeRoots: ['types'],
    types: ['node'],
  };
  writeFileSync(join(home, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['use.ts'] }));
  run(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', home]);
});

test('the command says its version', () => {
  const version = packages.find(({ manifest }) => manifest.name === '@islet/cli')?.manifest.version;
  const said = run(join(home, 'node_modules/.bin/islet'), ['version']);
  assert.ok(version !== undefined && said.includes(version), `"${said}" names ${version}`);
});

test('a system runs from the packed command, and survives the loss of its control plane', async () => {
  const [system, islet] = [join(home, 'a system'), join(home, 'node_modules/.bin/islet')];
  const url = await writeSystem(system);
  try {
    run(islet, ['up', system]);
    const answer = await text(url);
    assert.match(answer, /^hello from \d+$/);
    const [link = ''] = run(islet, ['dashboard', system]).split('#');
    assert.match(await text(link), /<div id="root">/, 'the dashboard is in the packages');
    const pid = controlPlanePid(system);
    process.kill(pid, 'SIGKILL');
    await untilRevived(system, pid);
    run(islet, ['up', system]);
    assert.equal(await text(url), answer, 'the same process serves');
  } finally {
    run(islet, ['down', system, '--purge', '--yes']);
  }
});

async function text(url: string): Promise<string> {
  const response = await fetch(url);
  return response.text();
}

/** Runs in the user's folder, with nothing of the repository in the environment; returns stdout. */
function run(file: string, args: readonly string[]): string {
  const { NODE_OPTIONS: _, NODE_TEST_CONTEXT: __, ...env } = process.env;
  const { status, stdout, stderr, error } = spawnSync(file, args, {
    cwd: home,
    env,
    encoding: 'utf8',
    timeout: 300_000,
  });
  assert.ok(status === 0, `${[file, ...args].join(' ')} exits with ${status}:\n${error ?? ''}${stdout}${stderr}`);
  return stdout;
}
