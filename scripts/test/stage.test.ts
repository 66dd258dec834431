import assert from 'node:assert/strict';
import { test } from 'node:test';
import { publishedManifest } from '../pack/publish.ts';
import { withCompiledAddresses } from '../pack/stage.ts';

test('a published manifest points to what was compiled, and lists all that is packed', () => {
  const manifest = {
    name: '@islet/cli',
    version: '1.0.0',
    exports: { './main': './src/main.ts', './schema': './src/a.schema.json' },
    dependencies: { '@islet/spec': '1.0.0' },
    devDependencies: { '@types/pg': '8.0.0' },
    scripts: { test: 'node --test' },
  };
  assert.deepEqual(publishedManifest(manifest, ['dist/main.js', 'templates/ts/main.ts', 'README.md']), {
    name: '@islet/cli',
    version: '1.0.0',
    dependencies: { '@islet/spec': '1.0.0' },
    bin: { islet: './dist/main.js' },
    exports: {
      './main': { types: './dist/main.d.ts', default: './dist/main.js' },
      './schema': './dist/a.schema.json',
    },
    files: ['README.md', 'dist', 'templates'],
  });
});

const PUBLISHED = new Set(['dist/worker.js', 'dist/deep/a.js']);

test('addresses of workers lead to what was compiled', () => {
  const text = "new Worker(new URL('../worker.ts', import.meta.url));";
  assert.equal(withCompiledAddresses(text, 'dist/deep/a.js', PUBLISHED), text.replace('.ts', '.js'));
});

test('a string that would lead to no published file is refused', () => {
  const text = "fork('./worker.ts');";
  assert.throws(
    () => withCompiledAddresses(text, 'dist/a.js', PUBLISHED),
    /dist\/a\.js names \.\/worker\.ts.*use new URL/,
  );
});

test('other strings and comments are left alone', () => {
  const text = "// './worker.ts'\nf('./src/main.ts', 'worker.ts');";
  assert.equal(withCompiledAddresses(text, 'dist/a.js', PUBLISHED), text);
});
