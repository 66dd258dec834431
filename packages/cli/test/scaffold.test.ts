import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { LANGS } from '../src/commands.ts';
import { parseFolder } from '../src/offline.ts';
import { islet, removeFolder, tempFolder } from './run.ts';

let folder = '';

beforeEach(() => {
  folder = tempFolder({ 'taken/islet.yaml': 'system: old\n', 'repo/.gitignore': 'dist/\n' });
});

afterEach(() => removeFolder(folder));

const PROGRAMS = { ts: 'node', python: 'python3', go: 'go', java: 'javac' } as const;

function isHere(program: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`]);
    return true;
  } catch {
    return false;
  }
}

function textsBelow(root: string): string {
  const entries = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return entries.map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8')).join('\n');
}

describe('init', () => {
  test('writes nothing where a system is', async () => {
    const { code, stderr } = await islet(['init', 'taken'], { cwd: folder });
    assert.equal(code, 2);
    assert.match(stderr, /taken\/islet\.yaml is there already/);
    assert.equal(readFileSync(join(folder, 'taken/islet.yaml'), 'utf8'), 'system: old\n');
    assert.deepEqual(readdirSync(join(folder, 'taken')), ['islet.yaml']);
  });

  test('refuses a folder whose name can not become a name', async () => {
    assert.equal((await islet(['init', '123'], { cwd: folder })).code, 2);
  });

  test('leaves a .gitignore as it is, and says what belongs there', async () => {
    const { code, stderr } = await islet(['init', 'repo'], { cwd: folder });
    assert.equal(code, 0);
    assert.equal(readFileSync(join(folder, 'repo/.gitignore'), 'utf8'), 'dist/\n');
    assert.match(stderr, /ignore \.islet\//);
  });

  test('makes a system with one service that parses without a warning', async () => {
    assert.equal((await islet(['init', 'My Shop'], { cwd: folder })).code, 0);
    const { spec, warnings } = parseFolder(join(folder, 'My Shop'));
    assert.equal(spec.name, 'my-shop');
    assert.deepEqual(
      spec.services.map(({ name }) => name),
      ['hello'],
    );
    assert.deepEqual(
      spec.services[0]?.api.expose.map(({ path }) => path),
      ['/'],
    );
    assert.deepEqual(warnings, []);
  });

  test('puts the schemas where the first lines of the files say', async () => {
    await islet(['init', 'shop'], { cwd: folder });
    for (const path of ['islet.yaml', 'services/hello/service.yaml']) {
      const text = readFileSync(join(folder, 'shop', path), 'utf8');
      const schema = /^# yaml-language-server: \$schema=(.+)$/m.exec(text)?.[1] ?? '';
      assert.ok(existsSync(join(folder, 'shop', path, '..', schema)), `${path}: ${schema}`);
    }
  });
});

describe('new service', () => {
  beforeEach(async () => {
    await islet(['init', 'shop'], { cwd: folder });
  });

  const make = (name: string, lang: string) =>
    islet(['new', 'service', name, '--lang', lang], { cwd: join(folder, 'shop') });

  test('refuses a name that is taken, and one that is none', async () => {
    assert.equal((await make('hello', 'ts')).code, 2);
    const { code, stderr } = await make('Order_History', 'ts');
    assert.equal(code, 2);
    assert.match(stderr, /for example order-history/);
    assert.deepEqual(readdirSync(join(folder, 'shop/services')), ['hello']);
  });

  test('refuses a language that it has no template of', async () => {
    const { code, stderr } = await make('orders', 'cobol');
    assert.equal(code, 2);
    assert.match(stderr, /Allowed choices are ts, python, go, java/);
  });

  for (const lang of LANGS) {
    test(`in ${lang} parses, and says its own name everywhere`, async () => {
      assert.equal((await make('order-history', lang)).code, 0);
      const { spec, warnings } = parseFolder(join(folder, 'shop'));
      const service = spec.services.find(({ name }) => name === 'order-history');
      assert.deepEqual(
        service?.api.expose.map(({ path }) => path),
        ['/order-history'],
      );
      assert.deepEqual(warnings, []);
      assert.doesNotMatch(textsBelow(join(folder, 'shop/services/order-history')), /my-service|my-system/);
    });

    const skip = !isHere(PROGRAMS[lang]) && `${PROGRAMS[lang]} is not on this machine`;
    test(`in ${lang} passes its own tests`, { skip }, async () => {
      await make('order-history', lang);
      const { code, stdout, stderr } = await islet(['test', 'order-history'], { cwd: join(folder, 'shop') });
      assert.equal(code, 0, stderr);
      assert.match(stdout, /order-history +passed/);
    });
  }
});

describe('test', () => {
  test('a service whose tests fail is exit 1, the others are tested all the same', async () => {
    const unit = (command: string) => `run: { command: node x.js }\ntest: { unit: '${command}' }\n`;
    const system = tempFolder({
      'islet.yaml': 'system: shop\n',
      'services/a/service.yaml': unit('echo broken; exit 3'),
      'services/b/service.yaml': unit('exit 0'),
      'services/c/service.yaml': 'run: { command: node x.js }\n',
    });
    const { code, stdout, stderr } = await islet(['test', '--json'], { cwd: system });
    removeFolder(system);
    assert.equal(code, 1);
    const outcomes = JSON.parse(stdout).map(({ service, outcome }: Record<string, string>) => `${service} ${outcome}`);
    assert.deepEqual(outcomes, ['a failed', 'b passed', 'c none']);
    assert.match(stderr, /a: echo broken; exit 3\nbroken\n/);
  });
});
