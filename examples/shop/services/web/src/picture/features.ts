/** What can stand on an island, or sail around it. Each is drawn with its foot at (x, y). */
import { type Html, html } from '../html.ts';
import { n } from './path.ts';

export function lighthouse(x: number, y: number): Html {
  return html`<g transform="translate(${n(x)} ${n(y + 6)})"><path d="M6 -112L-240 -150V-74Z" fill="#fff3c4" opacity=".22"/>
<path d="M-12 0L-8 -100H8L12 0Z" fill="#fbf7ef"/><path d="M-10.8 -30L-9.8 -54H9.8L10.8 -30ZM-9 -78L-8 -100H8L9 -78Z" fill="#c8443a"/>
<rect x="-11" y="-104" width="22" height="4" fill="#2d2a32"/><rect x="-6" y="-119" width="12" height="15" fill="#ffe9a3"/><path d="M-9 -119L0 -130L9 -119Z" fill="#2d2a32"/></g>`;
}

export function house(x: number, y: number): Html {
  return html`<g transform="translate(${n(x)} ${n(y + 6)})"><rect x="-20" y="-30" width="40" height="34" fill="#f3ebdf"/><path d="M-25 -28L0 -50L25 -28Z" fill="#a8433a"/>
<rect x="10" y="-50" width="6" height="14" fill="#a8433a"/><rect x="-12" y="-20" width="9" height="10" fill="#f6c667"/><rect x="4" y="-20" width="8" height="22" fill="#5b4636"/></g>`;
}

export function tree(x: number, y: number, height: number, color: string): Html {
  const tier = (from: number, width: number) =>
    `M${n(x - width)} ${n(y + 6 - from)}L${n(x)} ${n(y + 6 - from - height * 0.5)}L${n(x + width)} ${n(y + 6 - from)}Z`;
  return html`<path d="${tier(0, height * 0.26)}${tier(height * 0.26, height * 0.21)}${tier(height * 0.5, height * 0.15)}" fill="${color}"/>`;
}

export function palm(x: number, y: number, height: number, lean: number): Html {
  const [topX, topY] = [x + lean * height * 0.3, y - height];
  const leaf = (dx: number, dy: number) =>
    `M${n(topX)} ${n(topY)}q${n(dx * 0.5)} ${n(dy - 14)} ${n(dx)} ${n(dy)}q${n(-dx * 0.5)} -6 ${n(-dx)} ${n(-dy)}z`;
  return html`<path d="M${n(x)} ${n(y + 6)}Q${n(x)} ${n(y - height * 0.5)} ${n(topX)} ${n(topY)}" stroke="#6b4a33" stroke-width="4.5" fill="none" stroke-linecap="round"/>
<path d="${leaf(-34, 12)}${leaf(34, 12)}${leaf(-26, -6)}${leaf(27, -5)}${leaf(-14, 26)}${leaf(15, 26)}" fill="#1f6b4f"/>`;
}

export function boat(x: number, y: number, scale: number): Html {
  return html`<g transform="translate(${x} ${y}) scale(${scale})"><path d="M-2 -6V-62L-26 -10Z" fill="#fff8ec"/><path d="M2 -6V-54Q22 -30 20 -8Z" fill="#e2574c"/><path d="M-26 -4H26Q20 8 10 8H-14Q-22 6 -26 -4Z" fill="#33282c"/></g>`;
}
