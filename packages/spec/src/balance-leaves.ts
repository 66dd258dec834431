import { type Leaf, leaves } from './leaf.ts';
import type { Path } from './located.ts';
import type { BalanceAlgorithm, BalanceKey, BalanceSpec } from './model.ts';
import { durationText } from './quantities.ts';

/** The effective values of a balance section: those of its algorithm, and none that does nothing. */
export function balanceLeaves(section: Path, balance: BalanceSpec): readonly Leaf[] {
  const { algorithm, slowStart, panicPercent, sticky } = balance;
  const isRing = algorithm.kind === 'ring-hash';
  return [
    ...leaves(section, { algorithm: algorithm.kind, ...ownValues(algorithm) }),
    ...(slowStart === undefined
      ? leaves(section, { slowStart: isRing ? undefined : 'off' })
      : leaves([...section, 'slowStart'], {
          window: durationText(slowStart.windowMs),
          from: `${slowStart.fromPercent}%`,
        })),
    ...leaves(section, { panic: `${panicPercent}%` }),
    ...(sticky === undefined
      ? leaves(section, { sticky: 'off' })
      : leaves([...section, 'sticky'], {
          cookie: sticky.cookie,
          maxAge: sticky.maxAgeMs === undefined ? undefined : durationText(sticky.maxAgeMs),
        })),
  ];
}

function ownValues(algorithm: BalanceAlgorithm): Readonly<Record<string, string | number>> {
  switch (algorithm.kind) {
    case 'least-request':
      return { choiceCount: algorithm.choiceCount };
    case 'round-robin':
    case 'random':
      return {};
    case 'ring-hash':
      return { key: keyText(algorithm.key), bound: `${algorithm.boundPercent}%` };
    case 'peak-ewma':
      return { decay: durationText(algorithm.decayMs), defaultRtt: durationText(algorithm.defaultRttMs) };
  }
}

function keyText(key: BalanceKey): string {
  switch (key.kind) {
    case 'client':
      return 'client';
    case 'header':
    case 'cookie':
      return `${key.kind}:${key.name}`;
    case 'path':
      return `path:${key.pattern}`;
  }
}
