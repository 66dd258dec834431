const FORMAT = new Intl.NumberFormat('en-IE', { style: 'currency', currency: 'EUR' });

export function money(cents: number): string {
  return FORMAT.format(cents / 100);
}
