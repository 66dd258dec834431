import assert from 'node:assert/strict';
import { test } from 'node:test';
import { orders, serviceOf } from './helpers.ts';

for (const { names, command, language, from } of [
  { names: ['package.json', 'tsconfig.json'], command: 'x', language: 'TypeScript', from: 'tsconfig.json' },
  { names: ['package.json', 'src/main.ts'], command: 'x', language: 'TypeScript', from: 'main.ts' },
  { names: ['package.json', 'main.js'], command: 'x', language: 'JavaScript', from: 'package.json' },
  { names: ['go.mod', 'run.sh'], command: 'x', language: 'Go', from: 'go.mod' },
  { names: ['pom.xml'], command: 'x', language: 'Java', from: 'pom.xml' },
  { names: ['src/Main.java'], command: 'x', language: 'Java', from: 'Main.java' },
  { names: ['build.gradle.kts'], command: 'x', language: 'Java', from: 'build.gradle.kts' },
  { names: ['requirements.txt'], command: 'x', language: 'Python', from: 'requirements.txt' },
  { names: ['app.py', 'package.json'], command: 'x', language: 'Python', from: 'app.py' },
  { names: ['Cargo.toml'], command: 'x', language: 'Rust', from: 'Cargo.toml' },
  { names: ['serve.sh'], command: 'x', language: 'Shell', from: 'serve.sh' },
  { names: [], command: 'node main.ts', language: 'TypeScript', from: 'run.command' },
  { names: [], command: '/usr/bin/python3 -m http.server', language: 'Python', from: 'run.command' },
  { names: [], command: 'toString', language: 'other', from: 'run.command' },
] as const) {
  test(`${[...names, command].join(' ')} is ${language}`, () => {
    const files = Object.fromEntries(names.map((name) => [`services/orders/${name}`, '']));
    const service = serviceOf(orders(`run: { command: ${command} }\n`, files));
    assert.equal(service.language, language);
    assert.deepEqual(service.origins.get('language'), { kind: 'derived', from });
  });
}

test('what the file says goes before what its folder shows', () => {
  const texts = orders('run: { command: x }\nlanguage: Rust\n', { 'services/orders/go.mod': '' });
  assert.equal(serviceOf(texts).language, 'Rust');
});
