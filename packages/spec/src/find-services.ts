import { SYSTEM_DEFAULTS } from './defaults.ts';
import type { SpecError } from './errors.ts';
import { type Files, join } from './files.ts';
import { ISLET_FILE, type IsletFile } from './islet-file.ts';
import { LIMITS } from './limits.ts';
import { keyPlaceAt, placeAt } from './located.ts';

export const SERVICE_FILE = 'service.yaml';

/** Folders of services, sorted, each once. A folder that a glob matches is one only if it holds a `service.yaml`. */
export function findServices(
  files: Files,
  islet: IsletFile,
): { readonly folders: readonly string[]; readonly errors: readonly SpecError[] } {
  const patterns = patternsOf(islet);
  const errors: SpecError[] = [];
  const folders = new Set<string>();

  for (const [index, pattern] of patterns.entries()) {
    if (pattern.includes('**')) {
      errors.push(
        at(index, 'value', `"${pattern}": "**" is not understood`, 'use one "*" for each level: services/*/*'),
      );
      continue;
    }
    if (!pattern.includes('*')) {
      const folder = join(pattern);
      if (files.kind(join(folder, SERVICE_FILE)) === 'file') folders.add(folder);
      else errors.push(at(index, 'missing-file', `"${pattern}" holds no ${SERVICE_FILE}`, remedy(files, folder)));
      continue;
    }
    for (const folder of expand(files, pattern)) {
      if (files.kind(join(folder, SERVICE_FILE)) === 'file') folders.add(folder);
    }
  }
  if (folders.size > LIMITS.services) {
    const message = `${folders.size} folders hold a ${SERVICE_FILE}; at most ${LIMITS.services} are read`;
    errors.push(at(undefined, 'value', message, 'name fewer folders'));
  }
  if (folders.size === 0 && errors.length === 0 && islet.parsed !== undefined) {
    const message = `no folder matches ${patterns.join(', ')} and holds a ${SERVICE_FILE}`;
    errors.push(
      at(undefined, 'no-services', message, 'run "islet new service <name>", or name the folders in services'),
    );
  }
  return { folders: [...folders].sort().slice(0, LIMITS.services), errors };

  function at(index: number | undefined, rule: SpecError['rule'], message: string, hint: string): SpecError {
    const path = index === undefined ? ['services'] : ['services', index];
    const place = index === undefined ? keyPlaceAt(islet.tree, path) : placeAt(islet.tree, path);
    const text = index === undefined ? 'services' : `services[${index}]`;
    return { place: { ...place, file: ISLET_FILE }, path: text, rule, message, found: patterns[index ?? -1], hint };
  }
}

/**
 * Where `islet.yaml` is no YAML, services in the usual place are read all the same, for the mistakes that they have.
 */
function patternsOf({ parsed, errors }: IsletFile): readonly string[] {
  if (parsed !== undefined) return parsed.services;
  return errors.some(({ rule }) => rule === 'syntax') ? SYSTEM_DEFAULTS.services.value : [];
}

function expand(files: Files, pattern: string): readonly string[] {
  let folders: readonly string[] = ['.'];
  for (const segment of join(pattern).split('/')) {
    folders = segment.includes('*')
      ? folders.flatMap((folder) => matching(files, folder, segment))
      : folders.map((folder) => join(folder, segment));
  }
  return folders;
}

function matching(files: Files, folder: string, segment: string): readonly string[] {
  const pieces = segment.split('*').map((piece) => piece.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  const sign = new RegExp(`^${pieces.join('.*')}$`);
  const names = files.listFolders(folder).filter((name) => sign.test(name) && !isHidden(name));
  return names.map((name) => join(folder, name));
}

function isHidden(name: string): boolean {
  return name.startsWith('.') || name === 'node_modules';
}

function remedy(files: Files, folder: string): string {
  if (files.kind(join(folder, 'service.yml')) === 'file') return 'rename service.yml to service.yaml';
  return files.kind(folder) === 'folder' ? `write one: ${join(folder, SERVICE_FILE)}` : 'there is no such folder';
}
