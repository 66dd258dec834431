import type { Decision } from '@islet/client/browser';
import type { Tone } from './overview.ts';

export interface RecentLine {
  readonly key: string;
  readonly at: number;
  readonly service: string | undefined;
  readonly text: string;
  readonly tone: Tone;
  /** How often the same was decided one after the other. */
  readonly times: number;
}

/** The last decisions, the newest first; what only repeats the one before it is counted and not shown. */
export function recentDecisions(decisions: readonly Decision[], limit: number): readonly RecentLine[] {
  const lines: RecentLine[] = [];
  for (const { seq, at, service, kind, text } of [...decisions].sort((a, b) => b.seq - a.seq)) {
    const last = lines.at(-1);
    if (last !== undefined && last.text === text && last.service === service) {
      lines[lines.length - 1] = { ...last, times: last.times + 1 };
      continue;
    }
    if (lines.length === limit) break;
    lines.push({ key: String(seq), at, service, text, tone: toneOfKind(kind), times: 1 });
  }
  return lines;
}

function toneOfKind(kind: string): Tone {
  if (/^(failed|restore-failed|proxy-died|killed)$/.test(kind)) return 'bad';
  if (/^(ended|paused|drill)$/.test(kind)) return 'warn';
  if (/^(promoted|restored|drilled)$/.test(kind)) return 'good';
  return 'idle';
}
