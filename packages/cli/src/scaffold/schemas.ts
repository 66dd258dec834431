import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jsonSchema } from '@islet/spec';

/** Puts the schemas where the files' first lines tell editors to look; git ignores the folder. */
export function writeSchemas(systemFolder: string): void {
  const folder = join(systemFolder, '.islet', 'schema');
  mkdirSync(folder, { recursive: true });
  for (const file of ['islet', 'service'] as const)
    writeFileSync(join(folder, `${file}.schema.json`), `${JSON.stringify(jsonSchema(file), null, 2)}\n`);
}
