import { type Html, html } from '../html.ts';
import { boat, house, lighthouse, palm, tree } from './features.ts';
import type { Light } from './light.ts';
import { n, smooth } from './path.ts';
import { SHORE } from './scenery.ts';

export type Feature = 'lighthouse' | 'pines' | 'palms' | 'house' | 'boats';

export function drawIsland(random: () => number, light: Light, feature: Feature, id: string): Html {
  const middle = 170 + random() * 60;
  const half = feature === 'boats' ? 78 : 112 + random() * 34;
  const height = feature === 'palms' ? 34 + random() * 12 : 64 + random() * 40;
  const points = Array.from({ length: 9 }, (_, index) => {
    const across = index / 8;
    const rough = index === 0 || index === 8 ? 0 : 0.78 + random() * 0.3;
    return [middle - half + across * half * 2, SHORE - Math.sin(Math.PI * across) ** 0.9 * height * rough] as const;
  });
  const outline = `${smooth(points)}Z`;
  const ground = (index: number) => points[index] as readonly [number, number];
  return html`<g id="${id}-island">${standing(feature, ground, light, random)}
<clipPath id="${id}-land"><path d="${outline}"/></clipPath>
<path d="${outline}" fill="${light.land}"/>
<path d="M${n(middle + half * 0.1)} ${n(SHORE - height * 1.3)}q${n(-half * 0.16)} ${n(height * 0.6)} ${n(half * 0.14)} ${n(height * 1.4)}h${n(half)}v${n(-height * 1.5)}z" fill="${light.shade}" clip-path="url(#${id}-land)"/>
</g>`;
}

function standing(
  feature: Feature,
  ground: (index: number) => readonly [number, number],
  light: Light,
  random: () => number,
): readonly Html[] {
  switch (feature) {
    case 'lighthouse':
      return [lighthouse(...ground(3))];
    case 'house':
      return [house(...ground(5)), ...[2, 3].map((index) => tree(...ground(index), 26 + random() * 12, light.trees))];
    case 'pines':
      return [1, 2, 3, 4, 5, 6].map((index) => tree(...ground(index), 34 + random() * 34, light.trees));
    case 'palms':
      return [3, 4, 6].map((index) => palm(...ground(index), 62 + random() * 34, random() < 0.5 ? -1 : 1));
    case 'boats':
      return [boat(72, 392, 1.25), boat(306, 372, 0.8), boat(246, 436, 1.7), tree(...ground(4), 30, light.trees)];
  }
}
