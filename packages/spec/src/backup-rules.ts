import type { KeptSection } from './backup.ts';
import { errorIn, type SoundDraft } from './draft.ts';
import type { SpecError } from './errors.ts';
import { keyPlaceAt, nodeAt } from './located.ts';
import type { StoreSection } from './schema/backup.ts';

/** A key that does nothing is a mistake. */
export function backupErrors(draft: SoundDraft): readonly SpecError[] {
  return [...outsideErrors(draft), ...cacheErrors(draft), ...drillErrors(draft)];
}

/**
 * What Islet doesn't run it doesn't back up either. An overlay may put another's server in the place of one that it
 * does.
 */
function outsideErrors(draft: SoundDraft): readonly SpecError[] {
  const url = nodeAt(draft.tree, ['database', 'url']);
  if (url === undefined) return [];
  return ['backup', 'drill'].flatMap((key) => {
    const path = ['database', key];
    if (nodeAt(draft.tree, path)?.place.file !== url.place.file) return [];
    const message = 'an outside server is backed up by whoever runs it, not by Islet';
    return [
      errorIn(draft, path, { rule: 'value', message, hint: `remove ${key}`, place: keyPlaceAt(draft.tree, path) }),
    ];
  });
}

function drillErrors(draft: SoundDraft): readonly SpecError[] {
  const { database, redis } = draft.parsed;
  return [
    ...(database === undefined || database.url !== undefined ? [] : drillErrorsOf(draft, 'database', database)),
    ...(redis === undefined || redis.as === 'cache' ? [] : drillErrorsOf(draft, 'redis', redis)),
  ];
}

function drillErrorsOf(draft: SoundDraft, section: StoreSection, { backup, drill }: KeptSection): readonly SpecError[] {
  if (drill === 'off') return [];
  const path = [section, 'drill'];
  if (backup === 'off' && nodeAt(draft.tree, path) !== undefined) {
    const message = 'nothing is backed up, so there is nothing to prove';
    return [
      errorIn(draft, path, {
        rule: 'value',
        message,
        hint: 'remove drill, or "backup: off"',
        place: keyPlaceAt(draft.tree, path),
      }),
    ];
  }
  return drill.check.flatMap(({ min, maxAge }, index) => {
    if ((min === undefined) !== (maxAge === undefined)) return [];
    const message =
      min === undefined ? 'the check says nothing of what must hold' : '"min" and "maxAge" exclude each other';
    return [errorIn(draft, [...path, 'check', index], { rule: 'value', message, hint: 'write either min or maxAge' })];
  });
}

/** What is not on disk begins empty whenever its server does. */
function cacheErrors(draft: SoundDraft): readonly SpecError[] {
  const { redis } = draft.parsed;
  if (redis?.as !== 'cache') return [];
  return (['backup', 'drill'] as const).flatMap((key) => {
    const path = ['redis', key];
    if (nodeAt(draft.tree, path) === undefined || redis[key] === 'off') return [];
    const message = 'a cache is in memory alone and begins empty, so nothing of it is backed up';
    const hint = `remove ${key}, or write "as: store"`;
    return [errorIn(draft, path, { rule: 'value', message, hint, place: keyPlaceAt(draft.tree, path) })];
  });
}
