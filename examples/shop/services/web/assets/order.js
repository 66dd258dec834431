// Shows an order as the orders service tells it. Text is set as text, never as markup.
const section = document.getElementById('order');
const money = new Intl.NumberFormat('en-IE', { style: 'currency', currency: 'EUR' });

try {
  const response = await fetch(`/api/orders/${encodeURIComponent(section.dataset.id)}`);
  const answer = await response.json();
  section.replaceChildren(...(response.ok ? order(answer) : [element('h1', {}, answer.message)]));
} catch {
  section.replaceChildren(
    element('h1', {}, 'Your order is safe.'),
    element('p', {}, 'We cannot show it just now. Load this page again in a moment.'),
  );
}
section.removeAttribute('aria-busy');

function order({ id, items, totalCents, payment, shipping }) {
  return [
    element('p', { class: 'tick' }, '✓'),
    element('h1', {}, 'Thank you. It is yours.'),
    element('p', { class: 'hint' }, `Order ${id}`),
    element('ul', { class: 'lines' }, ...items.map(item)),
    element(
      'p',
      { class: 'total' },
      element('span', {}, 'Total'),
      element('strong', {}, money.format(totalCents / 100)),
    ),
    element('div', { class: 'facts' }, fact('Payment', paymentText(payment)), fact('Shipping', shippingText(shipping))),
    element('p', {}, element('a', { class: 'button', href: '/' }, 'Back to the shop')),
  ];
}

function item({ sku, name, quantity, priceCents }) {
  return element(
    'li',
    {},
    element('div', { class: 'print small' }, element('img', { src: `/pictures/${sku}.svg`, alt: '' })),
    element('div', { class: 'line-name' }, element('a', { href: `/products/${sku}` }, name)),
    element('p', { class: 'hint' }, `× ${quantity}`),
    element('p', { class: 'price' }, money.format((priceCents * quantity) / 100)),
  );
}

function fact(title, text) {
  return element('section', {}, element('h2', {}, title), element('p', {}, text));
}

function paymentText(payment) {
  return payment === 'authorized'
    ? 'Your card is authorised.'
    : 'Our payments are away for the moment. We have your order, and will collect the payment later.';
}

function shippingText(shipping) {
  return shipping === null
    ? 'Our carrier is away for the moment. We have your order, and will tell you the day when we know it.'
    : `${shipping.carrier}, ${shipping.service}: with you in ${shipping.etaDays} days. Tracking number ${shipping.tracking}.`;
}

function element(name, attributes, ...children) {
  const created = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) created.setAttribute(key, value);
  created.append(...children);
  return created;
}
