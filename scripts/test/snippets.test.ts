import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Files, formatError, parseSystem, type SpecError } from '@islet/spec';
import { listFiles, readText } from '../repository.ts';

/*
 * What stands in the documents is copied: every piece of a file must have keys that there are, and values of their kind.
 * A piece lacks what is around it, so what it refers to need not be there; and two ways to write one thing may stand in it.
 */
const OF_SYSTEM = /^(system|services|gateway|machine|backup|alerts|environments):|^ +(prometheus|forward):/m;
const OF_OTHERS = /^scrape_configs:/m;
const SERVICE = 'services/orders/service.yaml';
const ALTERNATIVE = /this key stands twice/;

function mistakesIn(piece: string): readonly SpecError[] {
  const system = /^system:/m.test(piece) ? piece : `system: shop\n${piece}`;
  const service = /^run:/m.test(piece) ? piece : `run: { command: serve }\n${piece}`;
  const texts: Readonly<Record<string, string>> = OF_SYSTEM.test(piece)
    ? { 'islet.yaml': system, [SERVICE]: 'run: { command: serve }\n' }
    : { 'islet.yaml': 'system: shop\n', [SERVICE]: service };
  const files: Files = {
    readText: (path) => texts[path],
    listFolders: (path) => (path === 'services' ? ['orders'] : []),
    listFiles: () => [],
    kind: (path) => (path in texts ? 'file' : undefined),
  };
  const result = parseSystem(files);
  if (result.kind === 'ok') return [];
  const isOfPiece = ({ rule, message }: SpecError) =>
    ['unknown-key', 'type', 'syntax'].includes(rule) && !ALTERNATIVE.test(message);
  return result.errors.filter(isOfPiece);
}

test('a key that there is not, and a value of another kind, are found', () => {
  const rules = (piece: string) => mistakesIn(piece).map(({ rule }) => rule);
  assert.deepEqual(rules('traffic: { timeuot: 1s }\nuses: catalog\n'), ['unknown-key', 'type']);
  assert.deepEqual(rules('gateway: { prot: 80 }\n'), ['unknown-key']);
  assert.deepEqual(rules('scale: 2\nscale: { min: 1, max: 3 }\n'), []);
});

const documents = listFiles().filter((path) => /^(README|docs\/.*|examples\/.*)\.md$/.test(path));

for (const path of documents) {
  const pieces = [...(readText(path) ?? '').matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map(([, piece = '']) => piece);
  const own = pieces.filter((piece) => !OF_OTHERS.test(piece));
  if (own.length === 0 || path.startsWith('docs/reference/')) continue;
  test(`${path} shows files as they are written`, () => {
    assert.deepEqual(
      own.flatMap(mistakesIn).map((error) => formatError(error)[0]),
      [],
    );
  });
}
