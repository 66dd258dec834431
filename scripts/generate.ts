/**
 * Writes every committed file that follows from another: JSON Schemas and reference pages. A test holds them up to date.
 * The prose of all other documents is laid out in the same go.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { referencePages } from '@islet/cli/reference';
import { generatedFiles } from '@islet/spec/generated';
import { nodeFiles } from '@islet/spec/node';
import { laidOut } from './layout.ts';
import { listFiles, readText, ROOT as repository } from './repository.ts';
import { isLaidOut } from './tidy/prose.ts';

for (const [path, text] of [...generatedFiles(nodeFiles(repository)), ...referencePages()]) {
  mkdirSync(dirname(join(repository, path)), { recursive: true });
  writeFileSync(join(repository, path), text);
  console.log(path);
}

for (const path of listFiles().filter(isLaidOut)) {
  const text = readText(path);
  if (text !== undefined && laidOut(text) !== text) {
    writeFileSync(join(repository, path), laidOut(text));
    console.log(path);
  }
}
