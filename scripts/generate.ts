/** Writes every committed file that follows from another: JSON Schemas and reference pages. A test holds them up to date. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { referencePages } from '@islet/cli/reference';
import { generatedFiles } from '@islet/spec/generated';
import { nodeFiles } from '@islet/spec/node';

const repository = join(import.meta.dirname, '..');

for (const [path, text] of [...generatedFiles(nodeFiles(repository)), ...referencePages()]) {
  mkdirSync(dirname(join(repository, path)), { recursive: true });
  writeFileSync(join(repository, path), text);
  console.log(path);
}
