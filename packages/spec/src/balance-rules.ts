import { errorIn, type SoundDraft } from './draft.ts';
import type { SpecError } from './errors.ts';
import { keyPlaceAt, nodeAt, type Path, pathText } from './located.ts';
import type { BalanceAlgorithm } from './model.ts';
import type { ParsedService } from './schema/service.ts';

type Kind = BalanceAlgorithm['kind'];

/** Which algorithms look at a key. A key that nobody looks at is a mistake: its author expects something of it. */
const LOOKED_AT_BY: Readonly<Record<string, readonly Kind[]>> = {
  choiceCount: ['least-request'],
  key: ['ring-hash'],
  bound: ['ring-hash'],
  decay: ['peak-ewma'],
  defaultRtt: ['peak-ewma'],
  slowStart: ['least-request', 'round-robin', 'random', 'peak-ewma'],
};

export function balanceErrors(
  draft: SoundDraft,
  section: Path,
  { algorithm, key }: ParsedService['traffic']['balance'],
): readonly SpecError[] {
  const idle = Object.entries(LOOKED_AT_BY).flatMap(([name, kinds]) => {
    const path = [...section, name];
    if (kinds.includes(algorithm) || nodeAt(draft.tree, path) === undefined) return [];
    const message = `${algorithm} does not look at "${name}"`;
    const hint = `remove it, or balance by ${kinds.join(', ')}`;
    return [errorIn(draft, path, { rule: 'value', message, hint, place: keyPlaceAt(draft.tree, path) })];
  });
  const isWrong = draft.dropped.some((path) => pathText(path) === pathText([...section, 'key']));
  if (algorithm !== 'ring-hash' || key !== undefined || isWrong) return [...idle, ...unreadErrors(draft, section)];
  const path = [...section, 'algorithm'];
  const message = 'ring-hash needs a key to find the same instance by';
  const hint = 'add key: client, header:<name>, cookie:<name> or path:/carts/{id}';
  return [...idle, errorIn(draft, path, { rule: 'required', message, hint })];
}

/** Connections of TCP are passed through unread: there is no header to look at. */
function unreadErrors(draft: SoundDraft, section: Path): readonly SpecError[] {
  const { api, traffic } = draft.parsed;
  if (api.protocol !== 'tcp') return [];
  const { key, sticky } = traffic.balance;
  const wrong = [...(key === undefined || key === 'client' ? [] : ['key']), ...(sticky === 'off' ? [] : ['sticky'])];
  return wrong.map((name) => {
    const message = 'the bytes of a tcp service are not looked at, so nothing of a request is known';
    return errorIn(draft, [...section, name], { rule: 'value', message, hint: 'balance by key: client, or remove it' });
  });
}
