import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runOf, SERVER } from './support/service.ts';
import { makeSystem, type System } from './support/system.ts';
import { until } from './support/until.ts';

/* Secrets: from standard input into the one service that names them, and into nothing else. */

const FIRST = 'first & s3cret/value';
const SECOND = 'second + other/value';
/** What a program might print of what it knows. */
const PRINTS_ALL = `
const word = process.env.WORD;
console.log('plain ' + word);
console.log('base64 ' + Buffer.from('user:' + word).toString('base64'), Buffer.from(word).toString('base64url'));
console.log('url ' + encodeURIComponent(word), new URLSearchParams({ word }));
`;

const naming = { file: { run: runOf({ env: { WORD: { secret: 'word' } } }) } };

function formsOf(secret: string): readonly string[] {
  const base64 = Buffer.from(secret).toString('base64').replace(/=+$/, '');
  const inLonger = Buffer.from(`user:${secret}`).toString('base64').slice(8, -4);
  return [secret, encodeURIComponent(secret), `${new URLSearchParams({ '': secret })}`.slice(1), base64, inLonger];
}

async function printedOf(system: System): Promise<string> {
  const words = [
    ['status'],
    ['status', '--json'],
    ['logs'],
    ['logs', '--json'],
    ['decisions'],
    ['decisions', '--json'],
    ['doctor'],
    ['secret', 'list'],
  ];
  const ended = await Promise.all(words.map((verb) => system.islet(...verb)));
  return ended.map(({ stdout, stderr }) => stdout + stderr).join('\n');
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile());
}

test('a secret reaches the service that names it, no other, no file, and nothing that is printed', async () => {
  await using system = await makeSystem({ services: { naming, other: {} } });
  const blocked = await system.up(3);
  assert.match(blocked.stderr, /^naming: blocked: the secret word has no value: .*islet secret set word/m);
  assert.equal((await system.ask('other')).service, 'other');

  const set = await system.isletWith(FIRST, 'secret', 'set', 'word');
  assert.equal(set.code, 0, set.stderr);
  assert.doesNotMatch(set.stdout + set.stderr, /s3cret/);
  await system.up();
  assert.equal(await (await system.get('/naming/env/WORD')).text(), FIRST);
  assert.equal(await (await system.get('/other/env/WORD')).text(), '');
  const { stdout } = await system.islet('secret', 'list', '--json');
  const [info] = JSON.parse(stdout);
  assert.deepEqual({ ...info, setAt: 0 }, { name: 'word', version: 1, setAt: 0, usedBy: ['naming'] });

  const printed = await printedOf(system);
  for (const form of formsOf(FIRST)) assert.ok(!printed.includes(form), `${form} is printed`);
  for (const file of filesBelow(system.state)) {
    const text = readFileSync(file, 'latin1');
    for (const form of formsOf(FIRST)) assert.ok(!text.includes(form), `${form} is in ${file}`);
  }
});

test('what a service prints of its secrets is redacted, whatever way it writes them', async () => {
  await using system = await makeSystem({
    services: { naming: { ...naming, files: { 'server.mjs': PRINTS_ALL + SERVER } } },
  });
  await system.isletWith(FIRST, 'secret', 'set', 'word');
  await system.up();
  // Before its last line is in the logs, that nothing of it is in them says nothing.
  await until('all that it prints is in its logs', async () =>
    /url \[redacted\]/.test((await system.islet('logs')).stdout),
  );
  const printed = await printedOf(system);
  assert.match(printed, /plain \[redacted\]/);
  for (const form of formsOf(FIRST)) assert.ok(!printed.includes(form), `${form} is printed`);
});

test('a new value replaces only the services that name it, and a rollback uses it too', async () => {
  await using system = await makeSystem({ services: { naming, other: {} } });
  await system.isletWith(FIRST, 'secret', 'set', 'word');
  await system.up();
  const [before, other] = [await system.pids('naming'), await system.pids('other')];

  await system.isletWith(SECOND, 'secret', 'set', 'word');
  await system.up();
  assert.equal(await (await system.get('/naming/env/WORD')).text(), SECOND);
  assert.notDeepEqual(await system.pids('naming'), before);
  assert.deepEqual(await system.pids('other'), other);

  // The revision that failed is gone, the one before runs on; when it has to start again, it does with the latest value.
  system.write('services/naming/server.mjs', 'process.exit(5);');
  await system.isletWith(FIRST, 'secret', 'set', 'word');
  await system.up(1);
  const [victim = 0] = await system.pids('naming');
  process.kill(victim, 'SIGKILL');
  const text = async () => (await system.get('/naming/env/WORD')).text();
  await until('the old revision runs with the latest value', async () => (await text()) === FIRST);

  const removed = await system.islet('secret', 'rm', 'word');
  assert.equal(removed.code, 0, removed.stderr);
  assert.equal((await system.islet('secret', 'list', '--json')).stdout.trim(), '[]');
});

test('a secret is taken from standard input only, and a bad name or no value is refused', async () => {
  await using system = await makeSystem({ services: { other: {} } });
  assert.equal((await system.isletWith('x', 'secret', 'set', 'a/b')).code, 2);
  assert.equal((await system.isletWith('', 'secret', 'set', 'empty')).code, 2);
  assert.equal((await system.isletWith('x', 'secret', 'set')).code, 2);
  assert.equal((await system.islet('secret', 'list', '--json')).stdout.trim(), '[]');
});
