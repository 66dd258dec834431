/** Revisions are shown by their first seven digits. */
export function short(revision: string): string {
  return revision.slice(0, 7);
}
