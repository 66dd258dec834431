const told = new Set<string>();

/** One line on stderr, where the service's log is; the second time, nothing. */
export function tellOnce(what: string, why: unknown): void {
  if (told.has(what)) return;
  told.add(what);
  try {
    const reason = why instanceof Error ? why.message : String(why);
    process.stderr.write(`islet: ${what}: ${reason.replaceAll('\n', ' ')}\n`);
  } catch {
    // Nobody is there to be told.
  }
}
