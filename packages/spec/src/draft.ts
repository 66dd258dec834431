import { type Checked, check } from './check.ts';
import type { Rule, SpecError } from './errors.ts';
import { type Files, join } from './files.ts';
import { SERVICE_FILE } from './find-services.ts';
import { ISLET_FILE, type IsletFile, overlayOf, serviceDefaultsOf } from './islet-file.ts';
import { locate } from './locate.ts';
import {
  keyPlaceAt,
  type Located,
  mapOf,
  nodeAt,
  type Path,
  pathText,
  placeAt,
  scalar,
  writtenPath,
} from './located.ts';
import type { Place } from './model.ts';
import { type ParsedService, service } from './schema/service.ts';
import { NAME } from './schema/values.ts';
import { lift, overlay } from './schema/walk.ts';

/** One service's file with the environment's overlay, checked by itself, before it is held against the others. */
export interface Draft {
  readonly name: string;
  readonly namePlace: Place;
  readonly folder: string;
  readonly file: string;
  readonly environment: string | undefined;
  readonly tree: Located;
  /** Undefined: the file is not YAML. */
  readonly parsed: ParsedService | undefined;
  /** Parts that were found wrong and left out of `parsed`. */
  readonly dropped: readonly Path[];
  readonly errors: readonly SpecError[];
}

/** Its file is YAML, so that there is something to hold against the rules. */
export interface SoundDraft extends Draft {
  readonly parsed: ParsedService;
}

export function isSound(draft: Draft): draft is SoundDraft {
  return draft.parsed !== undefined;
}

export interface DraftRequest {
  readonly files: Files;
  readonly islet: IsletFile;
  readonly folder: string;
  readonly environment: string | undefined;
}

/**
 * A service's file must stand on its own; each environment's overlay is then checked on top of it, also those not asked
 * for, so that a slip in `production` is found before the day it is needed.
 */
export function readDraft({ files, islet, folder, environment }: DraftRequest): Draft {
  const file = join(folder, SERVICE_FILE);
  const start: Place = { file, line: 1, column: 1 };
  const text = files.readText(file);
  const located = locate(file, text ?? '');
  const fallback = folder === '.' ? (islet.parsed?.system ?? '') : (folder.split('/').at(-1) ?? '');
  const { name, namePlace } = nameIn(located.root, { fallback, start });
  const draft = { name, namePlace, folder, file, environment };

  if (text === undefined) {
    const errors = [unreadable(start)];
    return { ...draft, tree: located.root, parsed: undefined, dropped: [], errors };
  }
  if (located.broken) {
    return { ...draft, tree: located.root, parsed: undefined, dropped: [], errors: located.errors };
  }
  const base = withDefaults(lift(service, located.root), serviceDefaultsOf(islet, environment)?.part);
  const alone = checkTree(base, { ...draft, start });
  const errors = [...located.errors, ...nameErrors(draft, base), ...alone.errors];

  let inForce = alone;
  for (const other of Object.keys(islet.parsed?.environments ?? {})) {
    const over = overlayOf(islet, other, name);
    if (over === undefined) continue;
    const layered = checkOverlay(base, lift(service, over), { ...draft, environment: other, start });
    errors.push(...layered.errors);
    if (other === environment) inForce = layered;
  }
  return { ...draft, tree: inForce.tree, parsed: inForce.value, dropped: inForce.dropped, errors };
}

/** An error in a service, at the value of `path`, in the words of whoever reads that file. */
export function errorIn(
  draft: Pick<Draft, 'tree' | 'name' | 'environment'>,
  path: Path,
  error: { rule: Rule; message: string; found?: string; hint?: string; place?: Place },
): SpecError {
  const place = error.place ?? placeAt(draft.tree, path);
  const { rule, message, found, hint } = error;
  return { place, path: pathIn(draft, place, writtenPath(draft.tree, path)), rule, message, found, hint };
}

/** A value that the overlay gives has its path there. */
function pathIn(draft: Pick<Draft, 'name' | 'environment'>, place: Place, path: Path): string {
  if (place.file !== ISLET_FILE) return pathText(path);
  return pathText(['environments', draft.environment ?? '', 'services', draft.name, ...path]);
}

/** What the service's own file says comes over what `islet.yaml` says for all. */
function withDefaults(root: Located, defaults: Located | undefined): Located {
  if (defaults === undefined || root.kind !== 'map') return root;
  return { ...overlay(service, defaults, root), place: root.place };
}

type Named = Pick<Draft, 'name' | 'environment'> & { readonly start: Place };

function checkTree(tree: Located, named: Named): Checked<ParsedService> {
  const command = scalar('true', named.start);
  const run = mapOf(named.start, { command });
  const standIns = { '': mapOf(named.start, { run }), run, 'run.command': command };
  return check(service, { schema: service, tree, pathOf: (place, path) => pathIn(named, place, path), standIns });
}

function checkOverlay(base: Located, over: Located, named: Named): Checked<ParsedService> {
  const checked = checkTree(overlay(service, base, over), named);
  const errors = checked.errors.filter((error) => error.place.file === ISLET_FILE);
  const renamed = nodeAt(over, ['name']);
  if (renamed !== undefined) {
    const hint = 'remove it: a service has one name everywhere';
    const tree = over;
    const error = {
      rule: 'value',
      message: "an environment can't rename a service",
      hint,
      place: renamed.place,
    } as const;
    errors.push(errorIn({ ...named, tree }, ['name'], error));
  }
  return { ...checked, errors };
}

function nameIn(root: Located, unnamed: { fallback: string; start: Place }): { name: string; namePlace: Place } {
  const node = nodeAt(root, ['name']);
  if (node?.kind === 'scalar' && node.text !== '') return { name: node.text, namePlace: node.place };
  return { name: unnamed.fallback, namePlace: unnamed.start };
}

/** What every object has, and what Islet's own logs and metrics go by. */
const TAKEN_NAMES: ReadonlySet<string> = new Set(['constructor', 'islet']);

/** A name from the file is checked by the schema; one from the folder here. */
function nameErrors(draft: Omit<Draft, 'tree' | 'parsed' | 'dropped' | 'errors'>, tree: Located): readonly SpecError[] {
  const problem = { rule: 'value', found: draft.name, place: draft.namePlace } as const;
  if (TAKEN_NAMES.has(draft.name)) {
    const message = `a service can't be called "${draft.name}"`;
    return [errorIn({ ...draft, tree }, ['name'], { ...problem, message, hint: 'choose another name' })];
  }
  if (nodeAt(tree, ['name']) !== undefined || NAME.test(draft.name)) return [];
  const message = `the folder's name, "${draft.name}", is not fit to be the service's`;
  const hint = 'write "name: …" with 1 to 40 lower-case letters, digits and "-"';
  const place = keyPlaceAt(tree, []);
  return [errorIn({ ...draft, tree }, ['name'], { ...problem, message, hint, place })];
}

function unreadable(place: Place): SpecError {
  const message = "the file can't be read";
  return { place, path: '', rule: 'missing-file', message, found: undefined, hint: 'check its permissions' };
}
