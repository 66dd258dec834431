// Places the order. A request that got no clear answer is repeated with the same Idempotency-Key, so that a lost
// connection or an impatient second click never buys twice. Once the shop has refused, the next attempt is a new one.
const form = document.getElementById('checkout');
const KEY = 'idempotency-key';
const ATTEMPTS = 3;

form?.addEventListener('submit', async (event) => {
  event.preventDefault();
  const button = form.querySelector('button');
  button.disabled = true;
  show('');
  try {
    const { id } = await placeOrder({ items: JSON.parse(form.dataset.items), card: form.elements.card.value });
    await fetch('/cart', { method: 'DELETE' }).catch(() => {}); // a cart left full is no reason to hide the order
    location.assign(`/orders/${id}`);
  } catch (error) {
    show(error.message);
    button.disabled = false;
  }
});

async function placeOrder(order) {
  const body = JSON.stringify(order);
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const response = await send(body);
    if (response !== undefined && response.status < 500) {
      sessionStorage.removeItem(KEY);
      const answer = await response.json();
      if (response.ok) return answer;
      throw new Error(answer.message ?? 'The order was refused.');
    }
    await new Promise((resolve) => setTimeout(resolve, attempt * 500));
  }
  throw new Error('The shop does not answer just now. Try again in a moment: you will not be charged twice.');
}

async function send(body) {
  try {
    const headers = { 'content-type': 'application/json', 'idempotency-key': keyFor(body) };
    return await fetch('/api/orders', { method: 'POST', headers, body });
  } catch {
    return undefined;
  }
}

/** One key for one order: kept over a reload of the page, and replaced when the cart or the card changes. */
function keyFor(body) {
  const [key, known] = JSON.parse(sessionStorage.getItem(KEY) ?? '[]');
  const fingerprint = [...body].reduce((hash, character) => (Math.imul(hash, 31) + character.charCodeAt(0)) | 0, 7);
  if (known === fingerprint) return key;
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const fresh = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  sessionStorage.setItem(KEY, JSON.stringify([fresh, fingerprint]));
  return fresh;
}

function show(message) {
  const error = form.querySelector('.error');
  error.textContent = message;
  error.hidden = message === '';
}
