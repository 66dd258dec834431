import { type Claim, ratioOf } from '../measure/claim.ts';

/** The claim as one line for programs, always with the same keys in the same order. */
export function jsonLine(claim: Claim): string {
  const { claim: name, unit, islet, peers, method } = claim;
  const ratio = ratioOf(claim);
  return JSON.stringify({
    claim: name,
    unit,
    islet: round(islet.value),
    peers: Object.fromEntries(Object.entries(peers).map(([peer, { value }]) => [peer, round(value)])),
    ratio: ratio === null ? null : round(ratio),
    method,
  });
}

/** Four digits that count: more is noise. */
function round(value: number): number {
  return Number(value.toPrecision(4));
}
