import { backupErrors } from './backup-rules.ts';
import { contentErrors } from './content-rules.ts';
import { errorIn, type SoundDraft } from './draft.ts';
import type { SpecError } from './errors.ts';
import { type Files, join } from './files.ts';
import { keyPlaceAt, type LocatedScalar, nodeAt, type Path, placeInside } from './located.ts';
import type { Place } from './model.ts';
import { rolloutErrors } from './rollout-rules.ts';
import { scaleErrors } from './scale-rules.ts';
import type { ParsedService } from './schema/service.ts';
import { parseTemplate, type Scope } from './template.ts';
import { trafficErrors } from './traffic-rules.ts';

/** Rules that one service can break by itself, and that a schema can't say. */
export function serviceErrors(draft: SoundDraft, files: Files): readonly SpecError[] {
  return [
    ...referenceErrors(draft),
    ...reservedVariables(draft),
    ...missingFiles(draft, files),
    ...exposeErrors(draft),
    ...proxyProtocolErrors(draft),
    ...http2Errors(draft),
    ...scaleErrors(draft),
    ...rolloutErrors(draft),
    ...trafficErrors(draft),
    ...backupErrors(draft),
    ...contentErrors(draft, files),
    ...migrateErrors(draft),
    ...settingErrors(draft),
    ...limitErrors(draft),
    ...upgradeErrors(draft),
    ...selfUse(draft),
  ];
}

/** What is allowed, but takes something away. */
export function serviceWarnings(draft: SoundDraft): readonly SpecError[] {
  return [...exposedSecrets(draft), ...fixedPort(draft)];
}

export function scopeOf(
  { database, redis, volumes, uses }: ParsedService,
  { isCommand }: { readonly isCommand: boolean },
): Scope {
  const engine = database === undefined ? undefined : (database.engine ?? 'external');
  return { engine, hasRedis: redis !== undefined, volumes: volumes?.folders ?? [], uses, isCommand };
}

function referenceErrors(draft: SoundDraft): readonly SpecError[] {
  return templatesOf(draft).flatMap(({ path, node, isCommand }) => {
    const { problems } = parseTemplate(node.text, scopeOf(draft.parsed, { isCommand }));
    return problems
      .filter(({ text }) => !isAboutDropped(draft, text))
      .map(({ text, nth, message, hint }) => {
        const place = placeOfNth(node, nth);
        const rule = 'unknown-reference';
        return errorIn(draft, path, { rule, message, found: text, place, ...(hint === undefined ? {} : { hint }) });
      });
  });
}

/** Every text that may hold references, with its scalar. */
function templatesOf(draft: SoundDraft): readonly { path: Path; node: LocatedScalar; isCommand: boolean }[] {
  const paths = [['run', 'command'], ...Object.keys(draft.parsed.run.env).map((name) => ['run', 'env', name])];
  return paths.flatMap((path) => {
    const node = nodeAt(draft.tree, path);
    return node?.kind === 'scalar' ? [{ path, node, isCommand: path.length === 2 }] : [];
  });
}

/**
 * A section that was found wrong is not there to be referred to; one error is enough. A list that lost an item still
 * is.
 */
function isAboutDropped(draft: SoundDraft, text: string): boolean {
  const dropped = draft.dropped.filter((path) => path.length === 1 || path[0] === 'database');
  return dropped.some(([section]) => text.startsWith(`\${${String(section)}.`));
}

/** The n-th `${` of what stands in the file. */
function placeOfNth(node: LocatedScalar, nth: number): Place {
  const openings = [...node.raw.matchAll(/\$?\$\{/g)];
  const opening = openings[nth];
  return opening === undefined ? node.place : placeInside(node, opening.index);
}

function reservedVariables(draft: SoundDraft): readonly SpecError[] {
  return Object.entries(draft.parsed.run.env).flatMap(([name, value]) => {
    const path = ['run', 'env', name];
    const isGiven = name === 'PORT' ? value !== `\${port}` : name.startsWith('ISLET_');
    if (!isGiven) return [];
    const hint = name === 'PORT' ? 'remove it; for a fixed port write api.port' : 'remove it, or choose another name';
    const place = keyPlaceAt(draft.tree, path);
    return [errorIn(draft, path, { rule: 'value', message: `Islet itself gives ${name}`, found: name, hint, place })];
  });
}

function missingFiles(draft: SoundDraft, files: Files): readonly SpecError[] {
  const { api, database, run } = draft.parsed;
  const named: readonly { path: Path; file: string | undefined; wanted: 'file' | 'folder' | 'either' }[] = [
    { path: ['api', 'contract'], file: api.contract, wanted: 'file' },
    { path: ['database', 'migrations'], file: database?.migrations, wanted: 'folder' },
    { path: ['database', 'seed', 'folder'], file: database?.seed?.folder, wanted: 'folder' },
    ...run.inputs.map((file, index) => ({ path: ['run', 'inputs', index], file, wanted: 'either' as const })),
  ];
  return named.flatMap(({ path, file, wanted }) => {
    if (file === undefined) return [];
    const whole = join(draft.folder, file);
    const kind = files.kind(whole);
    if (kind === wanted || (kind !== undefined && wanted === 'either')) return [];
    const what = wanted === 'either' ? 'file or folder' : wanted;
    const message = kind === undefined ? `there is no ${what} "${file}"` : `"${file}" is a ${kind}, not a ${what}`;
    return [errorIn(draft, path, { rule: 'missing-file', message, found: file, hint: `looked for ${whole}` })];
  });
}

function exposeErrors(draft: SoundDraft): readonly SpecError[] {
  const { protocol, expose } = draft.parsed.api;
  if (protocol !== 'tcp' || expose.length === 0) return [];
  const message = 'the gateway carries HTTP and gRPC, and this service speaks plain tcp';
  const hint = 'remove expose: services that use this one reach it all the same';
  const place = keyPlaceAt(draft.tree, ['api', 'expose']);
  return [errorIn(draft, ['api', 'expose'], { rule: 'value', message, hint, place })];
}

function proxyProtocolErrors(draft: SoundDraft): readonly SpecError[] {
  const { protocol, proxyProtocol } = draft.parsed.api;
  if (proxyProtocol === undefined || protocol === 'tcp') return [];
  const message = `the PROXY protocol is for tcp, and this service speaks ${protocol}`;
  const hint = 'remove it: an HTTP service finds the client in X-Forwarded-For';
  const place = keyPlaceAt(draft.tree, ['api', 'proxyProtocol']);
  return [errorIn(draft, ['api', 'proxyProtocol'], { rule: 'value', message, hint, place })];
}

function http2Errors(draft: SoundDraft): readonly SpecError[] {
  const { protocol, http2 } = draft.parsed.api;
  if (http2 === undefined || protocol === 'http') return [];
  const message =
    protocol === 'grpc'
      ? 'gRPC is HTTP/2 already'
      : `HTTP/2 is spoken by http services, and this one speaks ${protocol}`;
  const place = keyPlaceAt(draft.tree, ['api', 'http2']);
  return [errorIn(draft, ['api', 'http2'], { rule: 'value', message, hint: 'remove it', place })];
}

function selfUse(draft: SoundDraft): readonly SpecError[] {
  const index = draft.parsed.uses.indexOf(draft.name);
  if (index < 0) return [];
  const error = { rule: 'value', message: "a service can't use itself", found: draft.name, hint: 'remove it' } as const;
  return [errorIn(draft, ['uses', index], error)];
}

function migrateErrors(draft: SoundDraft): readonly SpecError[] {
  const { migrations, migrate } = draft.parsed.database ?? {};
  if (migrations === undefined || migrate === undefined) return [];
  const message = 'a schema is migrated by files or by a command, not by both';
  const hint = 'remove migrate, or migrations';
  return [errorIn(draft, ['database', 'migrate'], { rule: 'value', message, hint })];
}

/** What an engine has none of is a mistake, and not ignored. */
function limitErrors(draft: SoundDraft): readonly SpecError[] {
  const { database } = draft.parsed;
  if (database === undefined || database.engine === 'postgres') return [];
  const { engine = 'external' } = database;
  return SERVER_KEYS.filter((key) => engine !== 'mariadb' || !MARIADBS.includes(key)).flatMap((key) => {
    const path = ['database', key];
    const node = nodeAt(draft.tree, path);
    // An overlay that takes another engine leaves those of the one that it replaces behind.
    const chosen = nodeAt(draft.tree, ['database', database.engine === undefined ? 'url' : 'engine']);
    if (node === undefined || chosen?.place.file !== node.place.file) return [];
    const whose = MARIADBS.includes(key) ? 'postgres and mariadb' : 'postgres';
    const message = `${key} is for ${whose}, and this is ${database.engine ?? 'an outside server'}`;
    const instead = INSTEAD[engine][key];
    const hint = instead === undefined ? 'remove it' : `${instead}, or remove it`;
    return [errorIn(draft, path, { rule: 'value', message, hint, place: keyPlaceAt(draft.tree, path) })];
  });
}

const SERVER_KEYS = ['version', 'binaries', 'upgrade', 'memory', 'connections'] as const;
type ServerKey = (typeof SERVER_KEYS)[number];
const MARIADBS: readonly ServerKey[] = ['upgrade', 'memory', 'connections'];

/** Each engine has its own way, and one of them must be told where to. */
function upgradeErrors(draft: SoundDraft): readonly SpecError[] {
  const { database } = draft.parsed;
  const { engine, upgrade, version } = database ?? {};
  if (upgrade === undefined || (engine !== 'postgres' && engine !== 'mariadb')) return [];
  const path = ['database', 'upgrade'];
  const way = engine === 'postgres' ? 'copy' : 'in-place';
  if (upgrade !== way) {
    const message = `data of ${engine} is taken over by ${way}`;
    return [errorIn(draft, path, { rule: 'value', message, hint: `write upgrade: ${way}, or remove it` })];
  }
  if (engine === 'mariadb' || version !== undefined) return [];
  const message = 'nothing says which version the data is to be taken over to';
  return [errorIn(draft, path, { rule: 'value', message, hint: 'write version: 18 beside it, or remove it' })];
}

/** What the other engines have in its place. */
const INSTEAD: Readonly<Record<'mariadb' | 'sqlite' | 'external', Partial<Record<ServerKey, string>>>> = {
  mariadb: {
    version: "MariaDB is the machine's own: install the mariadb-server that you mean",
    binaries: "MariaDB is the machine's own, found in the folders of the system",
  },
  sqlite: { version: 'SQLite is the one that comes with Node' },
  external: {},
};

/** An overlay that takes another engine leaves the settings of the one that it replaces behind. */
function settingErrors(draft: SoundDraft): readonly SpecError[] {
  const { database } = draft.parsed;
  const settings = nodeAt(draft.tree, ['database', 'settings']);
  const chosen = nodeAt(draft.tree, ['database', database?.engine === undefined ? 'url' : 'engine']);
  if (settings === undefined || database?.engine === 'postgres' || database?.engine === 'mariadb') return [];
  if (chosen !== undefined && chosen.place.file !== settings.place.file) return [];
  const message =
    database?.engine === 'sqlite'
      ? 'an SQLite file has no server to set'
      : 'an outside server is set by whoever runs it';
  return [errorIn(draft, ['database', 'settings'], { rule: 'value', message, hint: 'remove it' })];
}

function exposedSecrets(draft: SoundDraft): readonly SpecError[] {
  const node = nodeAt(draft.tree, ['run', 'command']);
  if (node?.kind !== 'scalar') return [];
  const isFile = draft.parsed.database?.engine === 'sqlite';
  const { references } = parseTemplate(node.text, scopeOf(draft.parsed, { isCommand: true }));
  return references
    .filter(({ reference }) => {
      if (reference.kind === 'database') return !isFile && SECRET_PARTS.has(reference.part);
      return reference.kind === 'redis' && SECRET_PARTS.has(reference.part);
    })
    .map(({ text, nth }) => {
      const message = `every user of the machine can read a process's arguments, and ${text} holds a password`;
      const hint = 'pass it in run.env and read it there';
      const place = placeOfNth(node, nth);
      return errorIn(draft, ['run', 'command'], { rule: 'exposed-secret', message, found: text, hint, place });
    });
}

const SECRET_PARTS: ReadonlySet<string> = new Set(['url', 'password']);

function fixedPort(draft: SoundDraft): readonly SpecError[] {
  const { port } = draft.parsed.api;
  if (port === undefined) return [];
  const message = `no zero-downtime: port ${port} is fixed, so a rollout ends the old instance before the new one starts`;
  const hint = 'listen on $PORT where the program can be told';
  return [errorIn(draft, ['api', 'port'], { rule: 'degraded', message, found: String(port), hint })];
}
