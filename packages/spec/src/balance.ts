import type { BalanceAlgorithm, BalanceKey, BalanceSpec } from './model.ts';
import type { ParsedPolicy } from './schema/traffic.ts';

/** What a parsed balance section means. */
export function balanceOf(parsed: ParsedPolicy['balance']): BalanceSpec {
  const { slowStart, panic, sticky } = parsed;
  return {
    algorithm: algorithmOf(parsed),
    slowStart:
      slowStart === 'off' || parsed.algorithm === 'ring-hash'
        ? undefined
        : { windowMs: slowStart.window, fromPercent: slowStart.from },
    panicPercent: panic,
    sticky: sticky === 'off' ? undefined : { cookie: sticky.cookie, maxAgeMs: sticky.maxAge },
  };
}

function algorithmOf({
  algorithm,
  choiceCount,
  key,
  bound,
  decay,
  defaultRtt,
}: ParsedPolicy['balance']): BalanceAlgorithm {
  switch (algorithm) {
    case 'least-request':
      return { kind: algorithm, choiceCount };
    case 'round-robin':
    case 'random':
      return { kind: algorithm };
    case 'ring-hash':
      // A file without a key is refused before it comes here.
      return { kind: algorithm, key: keyOf(key ?? 'client'), boundPercent: bound };
    case 'peak-ewma':
      return { kind: algorithm, decayMs: decay, defaultRttMs: defaultRtt };
  }
}

function keyOf(text: string): BalanceKey {
  const [kind, ...rest] = text.split(':');
  const name = rest.join(':');
  switch (kind) {
    case 'header':
      return { kind, name: name.toLowerCase() };
    case 'cookie':
      return { kind, name };
    case 'path':
      return { kind, pattern: name };
    default:
      return { kind: 'client' };
  }
}
