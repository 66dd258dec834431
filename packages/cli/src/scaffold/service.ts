import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../failures.ts';
import { copyTemplate } from './copy.ts';

export type Lang = 'ts' | 'python' | 'go' | 'java';

export interface NewService {
  readonly systemFolder: string;
  readonly name: string;
  readonly lang: Lang;
  /** Its public path on the gateway. */
  readonly path: string;
}

/** Writes a service that starts at once, and its tests, below `services/`; returns the paths written. */
export function writeService({ systemFolder, name, lang, path }: NewService): string[] {
  const folder = join(systemFolder, 'services', name);
  if (existsSync(folder))
    throw new UsageError(`${folder} is there already`, 'nothing was written; choose another name');
  return copyTemplate(lang, folder, [
    { from: 'path: /my-service', to: `path: ${path}` },
    { from: 'my-service', to: name },
  ]);
}
