/**
 * The picture of a print, drawn from its sku alone: the same sku is always the same island. Words in the sku choose the
 * light and what stands on the island; a seeded generator chooses the rest.
 */
import { type Html, html } from '../html.ts';
import { drawIsland, type Feature } from './island.ts';
import { LIGHTS, type Light } from './light.ts';
import { n } from './path.ts';
import { pick, seeded } from './random.ts';
import { glitter, HORIZON, hills, SHORE, stars, waves } from './scenery.ts';

const WORDS: readonly (readonly [RegExp, { light: keyof typeof LIGHTS; feature: Feature }])[] = [
  [/amber|dawn/, { light: 'dawn', feature: 'house' }],
  [/beacon/, { light: 'noon', feature: 'lighthouse' }],
  [/harbour/, { light: 'dusk', feature: 'lighthouse' }],
  [/last/, { light: 'dawn', feature: 'lighthouse' }],
  [/coral|cay/, { light: 'coral', feature: 'palms' }],
  [/dusk|atoll/, { light: 'dusk', feature: 'palms' }],
  [/fisher/, { light: 'mist', feature: 'house' }],
  [/frost/, { light: 'frost', feature: 'pines' }],
  [/midnight/, { light: 'night', feature: 'pines' }],
  [/moss/, { light: 'mist', feature: 'pines' }],
  [/pine/, { light: 'noon', feature: 'pines' }],
  [/regatta/, { light: 'noon', feature: 'boats' }],
];

export function picture(sku: string): Html {
  const random = seeded(sku);
  const words = WORDS.find(([word]) => word.test(sku))?.[1];
  const light: Light = LIGHTS[words?.light ?? pick(random, Object.keys(LIGHTS) as (keyof typeof LIGHTS)[])];
  const feature = words?.feature ?? pick<Feature>(random, ['lighthouse', 'pines', 'palms', 'house', 'boats']);
  const id = `p-${sku.replaceAll(/[^a-z0-9-]/g, '')}`;
  const sunX = 90 + random() * 220;
  const sunY = 96 + random() * 120;
  const island = drawIsland(random, light, feature, id);

  return html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 500" aria-hidden="true" preserveAspectRatio="xMidYMid slice">
<defs>${gradient(`${id}-sky`, light.sky)}${gradient(`${id}-sea`, light.sea)}
<clipPath id="${id}-under"><rect y="${SHORE}" width="400" height="${500 - SHORE}"/></clipPath></defs>
<rect width="400" height="${HORIZON + 1}" fill="url(#${id}-sky)"/>
${light === LIGHTS.night ? stars(random) : undefined}
<circle cx="${n(sunX)}" cy="${n(sunY)}" r="74" fill="${light.sun}" opacity=".16"/>
<circle cx="${n(sunX)}" cy="${n(sunY)}" r="38" fill="${light.sun}" opacity=".95"/>
<path d="${hills(random)}" fill="${light.far}" opacity=".6"/>
<path d="${hills(random)}" fill="${light.far}"/>
<rect y="${HORIZON}" width="400" height="${500 - HORIZON}" fill="url(#${id}-sea)"/>
${glitter(random, sunX, light.sun)}
<g clip-path="url(#${id}-under)" opacity=".28"><g transform="translate(0 ${2 * SHORE}) scale(1 -1)"><use href="#${id}-island"/></g></g>
${island}
${waves(random)}
</svg>`;
}

function gradient(id: string, [top, bottom]: readonly [string, string]): Html {
  return html`<linearGradient id="${id}" x2="0" y2="1"><stop stop-color="${top}"/><stop offset="1" stop-color="${bottom}"/></linearGradient>`;
}
