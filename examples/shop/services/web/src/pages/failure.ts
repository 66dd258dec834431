import { html } from '../html.ts';
import type { Answer } from '../server.ts';
import { pageAnswer } from './layout.ts';

const TEXTS = {
  404: { title: 'There is nothing here.', text: 'The tide must have taken it.' },
  500: { title: 'That went wrong.', text: 'It is our fault, and we have a note of it. Please try again.' },
  503: {
    title: 'The shop is closed for a moment.',
    text: 'Our catalog does not answer. Your cart is safe; please try again shortly.',
  },
} as const;

export function failurePage(status: keyof typeof TEXTS): Answer {
  const { title, text } = TEXTS[status];
  const main = html`<section class="message">
  <h1>${title}</h1>
  <p>${text}</p>
  <p><a class="button" href="/">To the shop</a></p>
</section>`;
  return pageAnswer(status, { title: `${title} · Small Islands`, main });
}
