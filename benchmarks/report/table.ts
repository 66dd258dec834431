import { type Claim, type Figure, ratioOf } from '../measure/claim.ts';
import { aaBand, spread } from '../measure/statistics.ts';

/** The claim for people: its figures with their spread, the ratio with the band of chance around 1, and how it was measured. */
export function describeClaim(claim: Claim, random: () => number): string {
  const rows = [['Islet', claim.islet] as const, ...Object.entries(claim.peers)];
  const width = Math.max(...rows.map(([name]) => name.length));
  return [
    `${claim.claim} (${claim.unit}, ${claim.better} is better)`,
    ...rows.map(([name, figure]) => `  ${name.padEnd(width)}  ${describeFigure(figure)}`),
    ...describeRatio(claim, random),
    ...wrap(claim.method).map((line) => `  ${line}`),
    '',
  ].join('\n');
}

function describeFigure({ value, samples }: Figure): string {
  const { least, most } = spread(samples);
  return `${short(value).padStart(8)}   ${short(least)} … ${short(most)} in ${samples.length}`;
}

function describeRatio(claim: Claim, random: () => number): string[] {
  const ratio = ratioOf(claim);
  if (ratio === null) return [];
  const { samples } = claim.islet;
  const chance = samples.length < 2 ? 'one run has no A/A band' : band(aaBand(samples, random));
  return [`  ${ratio.toFixed(2)} × the best peer; ${chance}`];
}

function band({ low, high }: { readonly low: number; readonly high: number }): string {
  return `A/A band ${low.toFixed(2)} … ${high.toFixed(2)}`;
}

function short(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2);
}

const LINE = 110;

function wrap(text: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line.length + word.length >= LINE) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
