import { type Draft, errorIn, type SoundDraft } from './draft.ts';
import type { SpecError } from './errors.ts';
import { keyPlaceAt, nodeAt } from './located.ts';
import { stepOf } from './rollout.ts';
import type { ParsedService } from './schema/service.ts';

type Key = keyof ParsedService['rollout'];

/** What a rollout section can say that makes no sense, though each key by itself does. */
export function rolloutErrors(draft: SoundDraft): readonly SpecError[] {
  return [
    ...paceErrors(draft),
    ...idleKeys(draft),
    ...stepErrors(draft),
    ...protocolErrors(draft),
    ...checkErrors(draft),
    ...previewErrors(draft),
    ...requirementErrors(draft),
  ];
}

const UNPROVED = {
  backup: [
    'this service has no store that is backed up, so there is nothing to wait for',
    'remove backup, or give it a database with backups',
  ],
  drill: [
    'this service has no store that drills restore, so none could ever pass',
    'remove drill, or give it a database with backups and drills',
  ],
} as const;

function requirementErrors(draft: SoundDraft): readonly SpecError[] {
  const { rollout, database, redis, volumes } = draft.parsed;
  const stores = [database?.url === undefined && database, redis?.as === 'store' && redis];
  const backedUp = stores.flatMap((store) => (store && store.backup !== 'off' ? [store] : []));
  const hasFiles = volumes !== undefined && volumes.backup !== 'off';
  // Files come back with the database, and are proved with it; without one, by themselves.
  const isProved = {
    backup: backedUp.length > 0 || hasFiles,
    drill: backedUp.some(({ drill }) => drill !== 'off') || (hasFiles && backedUp.every((store) => store !== database)),
  };
  return rollout.requires.flatMap((required, index) => {
    if (isProved[required]) return [];
    const [message, hint] = UNPROVED[required];
    return [errorIn(draft, ['rollout', 'requires', index], { rule: 'value', message, found: required, hint })];
  });
}

function paceErrors(draft: SoundDraft): readonly SpecError[] {
  const { rollout, api } = draft.parsed;
  const saysSurge = says(draft, 'maxSurge') && rollout.maxSurge > 0;
  const saysOther = says(draft, 'strategy') && rollout.strategy !== 'recreate';
  if (api.port !== undefined && (saysOther || saysSurge)) {
    const message = `port ${api.port} is fixed, so the old instance must end before the new one starts`;
    const hint = 'remove api.port and listen on $PORT, or write strategy: recreate';
    return [
      errorIn(draft, ['rollout', saysOther ? 'strategy' : 'maxSurge'], { rule: 'port-collision', message, hint }),
    ];
  }
  if (rollout.strategy === 'recreate' && saysSurge) {
    const message = 'recreate ends the old instances first, so nothing can surge';
    return [errorIn(draft, ['rollout', 'maxSurge'], { rule: 'value', message, hint: 'remove it' })];
  }
  if (rollout.strategy === 'rolling' && api.port === undefined && rollout.maxSurge + rollout.maxUnavailable === 0) {
    const message = 'with maxSurge and maxUnavailable both 0 no rollout can take its first step';
    return [errorIn(draft, ['rollout', 'maxSurge'], { rule: 'value', message, hint: 'leave maxSurge at 1' })];
  }
  return [];
}

/** Keys that have no effect with the strategy chosen. */
const ONLY_WITH: Readonly<Partial<Record<Key, readonly string[]>>> = {
  steps: ['canary'],
  mirror: ['canary'],
  hold: ['canary', 'blue-green'],
  autoPromote: ['blue-green'],
  preview: ['canary', 'blue-green'],
};

function idleKeys(draft: SoundDraft): readonly SpecError[] {
  const { strategy } = draft.parsed.rollout;
  // One that was misspelt is not the default; which keys go with it, only its writer knows.
  if (draft.dropped.some(([section, key]) => section === 'rollout' && key === 'strategy')) return [];
  return Object.entries(ONLY_WITH).flatMap(([key, strategies]) => {
    if (!says(draft, key as Key) || strategies.includes(strategy)) return [];
    const message = `${key} has no effect with the strategy ${strategy}`;
    const hint = `remove it, or write strategy: ${strategies.join(' or ')}`;
    const place = keyPlaceAt(draft.tree, ['rollout', key]);
    return [errorIn(draft, ['rollout', key], { rule: 'value', message, hint, place })];
  });
}

function stepErrors(draft: SoundDraft): readonly SpecError[] {
  const { steps, strategy } = draft.parsed.rollout;
  if (strategy !== 'canary') return [];
  const shares = steps.map((text) => stepOf(text, 0).percent);
  return shares.flatMap((share, index) => {
    if (index === 0 || share > (shares[index - 1] ?? 0)) return [];
    const message = `each step gives more than the one before, and ${share}% is not more than ${shares[index - 1]}%`;
    return [
      errorIn(draft, ['rollout', 'steps', index], { rule: 'value', message, hint: 'write them in rising order' }),
    ];
  });
}

function protocolErrors(draft: SoundDraft): readonly SpecError[] {
  const { api, rollout } = draft.parsed;
  const shifts = rollout.strategy === 'canary' || rollout.strategy === 'blue-green';
  if (api.protocol !== 'tcp' || !shifts) return [];
  const message = `requests can't be told apart in tcp, so the strategy ${rollout.strategy} can't share them out`;
  return [errorIn(draft, ['rollout', 'strategy'], { rule: 'value', message, hint: 'write strategy: rolling' })];
}

function checkErrors(draft: SoundDraft): readonly SpecError[] {
  const { rollout, database } = draft.parsed;
  if (rollout.analysis === 'off' || database !== undefined) return [];
  return rollout.analysis.checks.flatMap(({ sql }, index) => {
    if (sql === undefined) return [];
    const message = 'the service declares no database to ask';
    return [
      errorIn(draft, ['rollout', 'analysis', 'checks', index, 'sql'], { rule: 'value', message, hint: 'remove it' }),
    ];
  });
}

function previewErrors(draft: SoundDraft): readonly SpecError[] {
  const { rollout, api } = draft.parsed;
  const { header, cookie, host, value } = rollout.preview ?? { header: '' };
  const path = ['rollout', 'preview'];
  if (header !== undefined || cookie !== undefined) return [];
  if (host === undefined) {
    const message = 'a preview is asked for by a header, a cookie or a host';
    const place = keyPlaceAt(draft.tree, path);
    return [errorIn(draft, path, { rule: 'required', message, hint: 'write header: x-preview', place })];
  }
  if (value !== undefined) {
    const message = 'a host is asked for by its name alone';
    return [errorIn(draft, [...path, 'value'], { rule: 'value', message, hint: 'remove value' })];
  }
  if (api.expose.length > 0) return [];
  const message = 'nothing of this service is exposed at the gateway, so no host leads to it';
  return [errorIn(draft, [...path, 'host'], { rule: 'value', message, hint: 'write header: x-preview' })];
}

function says({ tree }: Draft, key: Key): boolean {
  return nodeAt(tree, ['rollout', key]) !== undefined;
}
