import { type Html, html } from '../html.ts';
import { picture } from '../picture/picture.ts';
import type { Product } from '../services.ts';
import { money } from './money.ts';

const FEW = 5;

export function productCard(product: Product): Html {
  return html`<article class="card">
  <a href="/products/${product.sku}" aria-label="${product.name}"><div class="print">${picture(product.sku)}</div></a>
  <div class="label">
    <h3><a href="/products/${product.sku}">${product.name}</a></h3>
    <p class="price">${money(product.priceCents)}</p>
    ${stockNote(product)}
    ${addForm(product, 'Add')}
  </div>
</article>`;
}

export function stockNote({ stock }: Product): Html | undefined {
  if (stock === 0) return html`<p class="note sold-out">Sold out</p>`;
  return stock <= FEW ? html`<p class="note">Only ${stock} left</p>` : undefined;
}

export function addForm({ sku, name, stock }: Product, label: string): Html | undefined {
  if (stock === 0) return undefined;
  return html`<form method="post" action="/cart">
  <input type="hidden" name="sku" value="${sku}">
  <button name="add" value="1" aria-label="${label}: ${name}">${label}</button>
</form>`;
}

/** Suggestions are left out, heading and all, when there are none. */
export function suggestions(title: string, suggested: readonly Product[]): Html | undefined {
  if (suggested.length === 0) return undefined;
  return html`<section class="suggestions">
  <h2>${title}</h2>
  <div class="grid">${suggested.map(productCard)}</div>
</section>`;
}
