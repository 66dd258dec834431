import { type Html, html } from '../html.ts';
import { n, smooth } from './path.ts';

/** Where the sea begins, and where the island stands in it; a picture is 400 × 500. */
export const HORIZON = 318;
export const SHORE = 352;

export function stars(random: () => number): readonly Html[] {
  return Array.from({ length: 46 }, () => {
    const [x, y, size] = [random() * 400, random() * 250, 0.5 + random() * 1.1];
    return html`<circle cx="${n(x)}" cy="${n(y)}" r="${n(size)}" fill="#fff" opacity="${n(0.35 + random() * 0.6)}"/>`;
  });
}

/** A far shore: a line that swings around a height, closed along the horizon. */
export function hills(random: () => number): string {
  const points = Array.from({ length: 7 }, (_, index) => [index * 80 - 40, HORIZON - 6 - random() * 46] as const);
  return `${smooth(points)}L440 ${HORIZON + 1}L-40 ${HORIZON + 1}Z`;
}

/** The light of the sun on the water: strokes below it, wider and fainter towards us. */
export function glitter(random: () => number, x: number, color: string): readonly Html[] {
  return Array.from({ length: 11 }, (_, index) => {
    const half = 8 + index * 2.4 + random() * 16;
    const shift = (random() - 0.5) * 16;
    const y = HORIZON + 9 + index * 15;
    return html`<path d="M${n(x + shift - half)} ${y}H${n(x + shift + half)}" stroke="${color}" stroke-width="2.6" stroke-linecap="round" opacity="${n(0.62 - index * 0.045)}"/>`;
  });
}

export function waves(random: () => number): readonly Html[] {
  return Array.from({ length: 9 }, (_, index) => {
    const [x, y, width] = [random() * 340, SHORE + 18 + index * 14, 18 + random() * 44];
    return html`<path d="M${n(x)} ${y}q${n(width / 4)} -4 ${n(width / 2)} 0t${n(width / 2)} 0" stroke="#fff" stroke-width="1.6" fill="none" stroke-linecap="round" opacity=".34"/>`;
  });
}
