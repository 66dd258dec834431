import { type Claim, type Figure, medianFigure } from '../measure/claim.ts';
import type { Told } from './load.ts';

export function lostOf(...told: readonly Told[]): number {
  return told.reduce((sum, { failed, reset }) => sum + failed + reset, 0);
}

export function one(value: number): Figure {
  return medianFigure([value]);
}

/** What nobody else can be compared with in the same run. */
export function figure(claim: string, unit: Claim['unit'], samples: number | readonly number[], method: string): Claim {
  const islet = medianFigure(typeof samples === 'number' ? [samples] : samples);
  return { claim, unit, better: 'less', islet, peers: {}, method };
}
