import { basename, join, relative, resolve } from 'node:path';
import type { SystemSpec } from '@islet/spec';

/** What a batch of changed files asks for. */
export interface Affected {
  /** Services to build and start again. */
  readonly services: readonly string[];
  /** A file that says what is desired changed. */
  readonly files: boolean;
}

/** A service is affected by its inputs; its `service.yaml` is read again, and decides by itself what must restart. */
export function affectedBy(paths: readonly string[], spec: SystemSpec, folder: string): Affected {
  const isSpecFile = (path: string) => basename(path) === 'service.yaml' || path === join(folder, 'islet.yaml');
  const source = paths.filter((path) => !isSpecFile(path));
  return {
    files: paths.some(isSpecFile),
    services: spec.services
      .filter((service) => inputsOf(service, folder).some((input) => source.some((path) => isWithin(path, input))))
      .map(({ name }) => name),
  };
}

/** Folders to watch: the system's own, and inputs that lie outside of it. */
export function watchedRoots(spec: SystemSpec, folder: string): string[] {
  const inputs = spec.services.flatMap((service) => inputsOf(service, folder));
  return [folder, ...new Set(inputs.filter((input) => !isWithin(input, folder)))];
}

function inputsOf({ folder, run }: SystemSpec['services'][number], root: string): string[] {
  return run.inputs.map((input) => resolve(root, folder, input));
}

function isWithin(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way === '' || !(way === '..' || way.startsWith('../'));
}
