import { parseSystem, type SpecError, type SystemSpec } from '@islet/spec';
import { nodeFiles } from '@islet/spec/node';
import { InvalidSpec } from './failures.ts';

export interface Parsed {
  readonly spec: SystemSpec;
  readonly warnings: readonly SpecError[];
}

/** A system's meaning from its files alone; throws all of its mistakes as one `InvalidSpec`. */
export function parseFolder(folder: string, environment?: string | undefined): Parsed {
  const result = parseSystem(nodeFiles(folder), { environment });
  if (result.kind === 'errors') throw new InvalidSpec(folder, result.errors);
  return { spec: result.spec, warnings: result.warnings };
}
