/** To the page itself: what had the focus is gone, and without a place of its own the next Tab would begin at the top. */
export function focusPage(): void {
  document.getElementById('page')?.focus({ preventScroll: true });
}
