import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatError, type SpecError } from '@islet/spec';
import type { Colors } from 'picocolors/types.js';

/** Every mistake with its line and a caret, and how many there are; the same text wherever it was found. */
export function renderSpecErrors(errors: readonly SpecError[], folder: string, colours: Colors): string {
  const count = errors.length === 1 ? '1 mistake' : `${errors.length} mistakes`;
  return `${renderPlaces(errors, folder, colours)}\n\n${colours.red(`${count} in ${folder}`)}\n`;
}

/** Each with its line and a caret, a blank line between them. */
export function renderPlaces(errors: readonly SpecError[], folder: string, colours: Colors): string {
  const texts = new Map<string, string | undefined>();
  const blocks = errors.map((error) => {
    const { file } = error.place;
    if (!texts.has(file)) texts.set(file, readIfThere(join(folder, file)));
    const [head = '', ...source] = formatError(error, texts.get(file));
    return [colours.bold(head), ...source.map((line) => colours.dim(line))].join('\n');
  });
  return blocks.join('\n\n');
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
