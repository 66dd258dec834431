/** What a drill found, against what must hold. Pure: the effects are the control plane's. */
export interface DrillFacts {
  /** By the engine's own check of all that it holds. */
  readonly findings: readonly string[];
  readonly rtoMs: number;
  readonly maxRtoMs: number;
  /** The newest instant that is in what was restored. */
  readonly restoredTo: number;
  readonly answers: readonly DrillAnswer[];
}

export interface DrillAnswer {
  readonly query: string;
  readonly rule:
    | { readonly kind: 'min'; readonly min: number }
    | { readonly kind: 'maxAge'; readonly maxAgeMs: number };
  readonly answer:
    | { readonly kind: 'value'; readonly text: string | undefined }
    | { readonly kind: 'failed'; readonly why: string };
}

/** Each a sentence; none: the backup comes back. */
export function drillProblems({ findings, rtoMs, maxRtoMs, restoredTo, answers }: DrillFacts): readonly string[] {
  const slow = rtoMs > maxRtoMs ? [`it took ${seconds(rtoMs)} to come back, and may take ${seconds(maxRtoMs)}`] : [];
  return [...findings, ...slow, ...answers.flatMap((answer) => problemOf(answer, restoredTo) ?? [])];
}

function problemOf({ query, rule, answer }: DrillAnswer, restoredTo: number): string | undefined {
  if (answer.kind === 'failed') return `${query}: ${answer.why}`;
  const { text } = answer;
  if (text === undefined) return `${query}: there is no value`;
  switch (rule.kind) {
    case 'min':
      // What is no number is never enough.
      return Number(text) >= rule.min ? undefined : `${query}: it is ${text}, and must be at least ${rule.min}`;
    case 'maxAge': {
      const at = instantOf(text);
      if (at === undefined) return `${query}: ${text} is no instant`;
      const ageMs = restoredTo - at;
      return ageMs <= rule.maxAgeMs
        ? undefined
        : `${query}: ${text} is ${seconds(ageMs)} old, and may be ${seconds(rule.maxAgeMs)}`;
    }
  }
}

/** A date and time, or seconds or milliseconds since the epoch. */
function instantOf(text: string): number | undefined {
  if (/^\d{9,10}(\.\d+)?$/.test(text)) return Number(text) * 1000;
  if (/^\d{12,13}$/.test(text)) return Number(text);
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : at;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
